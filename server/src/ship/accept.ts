import type { ShipRequest } from '../contract/ship.js';
import type { Deployment } from '../deployments/deployment.js';
import { parseMaster } from '../deployments/registry.js';
import { requestedFormat } from '../formats/registry.js';
import type { Target } from '../targets/target.js';

/** A request in canonical form, with its deployment. */
export interface Accepted {
  readonly request: ShipRequest;
  readonly deployment: Deployment;
}

/**
 * Accepts a request. Called before anything is read: a request that no ship can fulfil must not cost a snapshot.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED, FORMAT_UNKNOWN, FORMAT_UNSUITED, TARGET_URL_INVALID
 */
export function acceptRequest(request: ShipRequest, { access }: Pick<Target, 'access'>): Accepted {
  const { master, deployment } = parseMaster(request.master);
  requestedFormat(request);
  deployment.requireUsable(access);
  return { request: { ...request, master }, deployment };
}
