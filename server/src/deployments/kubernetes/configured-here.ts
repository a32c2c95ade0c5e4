import { isReadable } from '../../system/files/readable.js';
import type { FoundMaster } from '../found-master.js';

/** The file by which a program in a pod may call the API server. */
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * The master of a pod whose service account may call the API server. Kubernetes sets the variables in each pod.
 *
 * @param token - path of the service account's token
 */
export async function podConfiguredHere(env: NodeJS.ProcessEnv, token = TOKEN): Promise<FoundMaster | undefined> {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  if (!host || !port || !(await isReadable(token))) return undefined;
  const address = host.includes(':') ? `[${host}]` : host;
  return { master: `k8s://https://${address}:${port}`, reason: 'since this machine is a pod with a service account' };
}
