import { requireFormat } from '../formats/index.js';
import type { ShipRequest } from '../contract/ship.js';
import { parseMaster, requireListable } from '../deployments/spark/index.js';
import type { Target } from '../targets/target.js';

/**
 * The request in its one spelling. Called before anything is read: what no ship can fulfil must not cost a snapshot.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED, FORMAT_UNKNOWN, TARGET_URL_INVALID
 */
export function acceptRequest(request: ShipRequest, target: Pick<Target, 'uri'>): ShipRequest {
  const { master } = parseMaster(request.master);
  requireFormat(request.format);
  requireListable(target.uri('name'));
  return { ...request, master };
}
