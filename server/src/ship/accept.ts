import type { ShipRequest } from '../contract/ship.js';
import type { Deployment } from '../deployments/deployment.js';
import { resolveMaster } from '../deployments/registry.js';
import { requestedFormat } from '../formats/registry.js';
import { sparkDefaults, type SparkDefaults } from '../spark/defaults.js';
import type { Target } from '../targets/target.js';

/** A request in canonical form, with its deployment. */
export interface Accepted<Request = ShipRequest> {
  readonly request: Request;
  readonly deployment: Deployment;
  /** Where the master comes from that no person wrote, as {@link FoundMaster.reason}. */
  readonly reason: string | undefined;
  readonly spark: SparkDefaults;
}

/**
 * Accepts a request. Called before the environment is read: a request that no ship can fulfil must not cost a snapshot.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED, CONFIG_NODE_CACHE_INVALID, CONFIG_DEPLOY_MODE_UNSUPPORTED, FORMAT_UNKNOWN, FORMAT_UNSUITED,
 *   TARGET_URL_INVALID, SPARK_DEFAULTS_UNREADABLE
 */
export async function acceptRequest<Request extends Omit<ShipRequest, 'python'> & { readonly python?: string }>(
  request: Request,
  { access }: Pick<Target, 'access'>,
  env: NodeJS.ProcessEnv = process.env
): Promise<Accepted<Request>> {
  const spark = await sparkDefaults({ python: request.python, env });
  const { master, deployment, reason } = await resolveMaster(request.master, env, spark.properties);
  requestedFormat(request);
  deployment.requireMode(request.deployMode);
  deployment.requireUsable(access, request);
  return { request: { ...request, master }, deployment, reason, spark };
}
