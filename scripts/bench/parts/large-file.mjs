/** Target 5: one library of 1.5 GB that does not compress. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pythonOf, sitePackages } from '../../lib/paths.mjs';
import { bytes } from '../../lib/terminal.mjs';
import { Sidecar } from '../contenders/sidecar.mjs';
import { hasRoom } from '../context.mjs';
import { makeVenv, writeDistribution } from '../generate.mjs';

const LIBRARY_BYTES = 1.5e9;

/** @type {import('./index.mjs').Part} */
export const largeFile = {
  name: 'large-file',
  title: 'One library of 1.5 GB',
  async run(bench) {
    // In the environment, in the cache and on the store.
    if (bench.scale !== 'full' || !hasRoom(bench, 'one library of 1.5 GB', LIBRARY_BYTES * 3)) {
      return;
    }
    const venv = join(bench.work, 'large-file');
    const cache = join(bench.work, 'caches', 'large-file');
    await makeVenv(venv);
    const plan = { name: 'torch_like', version: '1.0', files: 10_000, moduleBytes: 4000 };
    writeDistribution(sitePackages(venv), { ...plan, libraryBytes: LIBRARY_BYTES, library: 'random' });
    const sidecar = await Sidecar.start(bench, cache);
    const { ms } = await sidecar.ship({ python: pythonOf(venv), prefix: 'large-file' });
    const { peakBytes } = sidecar;
    await sidecar.stop();
    bench.results.row('cold, one library of 1.5 GB and 10,000 files', 'ship-env, sidecar', 'ms', [ms]);
    bench.results.judge(5, 'memory of the sidecar, one library of 1.5 GB', peakBytes, 250e6, bytes);
    [venv, cache].forEach(path => rmSync(path, { recursive: true, force: true }));
    await bench.store.remove('large-file');
  }
};
