/** The API of Kubernetes in memory: MockApi.java. */
import { mockClassPath } from '../../setup/kubernetes.mjs';
import { startServer } from '../server.mjs';

/**
 * Starts the server on a free port of the loopback interface. Needs `installKubernetesMock`.
 *
 * @returns {Promise<import('./api.mjs').ApiServer & {stop: () => Promise<void>}>}
 * @throws {Error} with its last lines when it does not start
 */
export async function startMockApi() {
  const options = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dvertx.disableFileCaching=true'];
  const { found, stop } = await startServer({
    command: ['java', ...options, '-cp', mockClassPath(), 'MockApi'],
    env: process.env,
    ready: /^ready (\d+)$/
  });
  return { url: `http://127.0.0.1:${found}`, stop };
}
