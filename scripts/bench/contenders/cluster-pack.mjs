/** cluster-pack, as a process of its own. */
import { join } from 'node:path';
import { paths, pythonOf, sitePackages } from '../../lib/paths.mjs';
import { timed } from '../measure.mjs';
import { BUCKET } from '../store.mjs';

const SCRIPT = join(paths.root, 'scripts', 'bench', 'contenders', 'cluster_pack_upload.py');

/**
 * `cluster_pack.upload_env`.
 *
 * @param {import('../context.mjs').Bench} bench
 * @param {object} upload
 * @param {import('../context.mjs').MeasuredEnvironment & {rival: string}} upload.environment
 * @param {string} upload.name of the archive in the bucket
 * @param {string} upload.pexRoot cache folder of the pex that it calls
 * @param {readonly string[]} [upload.excluded] distributions that stay home
 * @returns {Promise<{ms: number, sentBytes: number}>}
 */
export async function clusterPack(bench, { environment, name, pexRoot, excluded = [] }) {
  const venv = environment.rival;
  const env = {
    ...bench.env,
    ...bench.store.env(bench.store.counted),
    PATH: `${join(venv, 'bin')}:${bench.env['PATH'] ?? ''}`,
    VIRTUAL_ENV: venv,
    PEX_ROOT: pexRoot
  };
  bench.store.proxy.sentBytes = 0;
  const url = `s3://${BUCKET}/cluster-pack/${name}.pex`;
  const args = [SCRIPT, url, sitePackages(environment.venv), bench.wheels, ...excluded];
  const { ms } = await timed(pythonOf(venv), args, { env, cwd: bench.work });
  return { ms, sentBytes: bench.store.proxy.sentBytes };
}
