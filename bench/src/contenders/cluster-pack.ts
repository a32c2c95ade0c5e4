/** cluster-pack, as a process of its own. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonOf, sitePackages } from '../../../scripts/lib/paths.mjs';
import type { Bench } from '../bench.js';
import { timed } from '../measuring/processes.js';
import { BUCKET } from '../store/store.js';

const SCRIPT = fileURLToPath(new URL('cluster_pack_upload.py', import.meta.url));

/** An upload to start. */
export interface ClusterPackUpload {
  /** Directory of the environment that decides which distributions ship. */
  readonly venv: string;
  /** Directory of the environment in which cluster-pack is installed, and which it packs. */
  readonly clusterPackVenv: string;
  /** Name of the archive in the bucket. */
  readonly name: string;
  /** Cache folder of the pex tool that cluster-pack calls. */
  readonly pexRoot: string;
  /** Distributions that do not ship. */
  readonly excluded?: readonly string[];
}

/** `cluster_pack.upload_env`. */
export async function clusterPack(bench: Bench, upload: ClusterPackUpload): Promise<{ ms: number; sentBytes: number }> {
  const { venv, clusterPackVenv, name, pexRoot, excluded = [] } = upload;
  const { store, wheels, work } = bench;
  const env = {
    ...bench.env,
    ...store.env(store.counted),
    PATH: `${join(clusterPackVenv, 'bin')}:${bench.env['PATH'] ?? ''}`,
    VIRTUAL_ENV: clusterPackVenv,
    PEX_ROOT: pexRoot
  };
  store.proxy.sentBytes = 0;
  const url = `s3://${BUCKET}/cluster-pack/${name}.pex`;
  const args = [SCRIPT, url, sitePackages(venv), wheels, ...excluded];
  const { ms } = await timed(pythonOf(clusterPackVenv), args, { env, cwd: work });
  return { ms, sentBytes: store.proxy.sentBytes };
}
