/** Target 5: most memory that the sidecar has resident over a cold ship. More of it comes from the part `growth`. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonOf, sitePackages } from '../../lib/paths.mjs';
import { bytes } from '../../lib/terminal.mjs';
import { Sidecar } from '../contenders/sidecar.mjs';
import { hasRoom } from '../context.mjs';
import { settle } from '../measure.mjs';
import { makeVenv, writeDistribution } from '../generate.mjs';

export const MEMORY_BYTES = 250e6;
const LIBRARY_BYTES = 1.5e9;

/** @type {import('./index.mjs').Part} */
export const memory = {
  name: 'memory',
  title: 'Memory',
  async run(bench) {
    for (const { name, python } of bench.environments) {
      await measure(bench, `the ${name} environment`, python);
    }
    // In the environment, in the cache and on the store.
    if (bench.scale === 'full' && hasRoom(bench, 'one library of 1.5 GB', LIBRARY_BYTES * 3)) {
      const venv = join(bench.work, 'large-file');
      await makeVenv(venv);
      const plan = { name: 'torch_like', version: '1.0', files: 10_000, moduleBytes: 4000 };
      writeDistribution(sitePackages(venv), { ...plan, libraryBytes: LIBRARY_BYTES, library: 'random' });
      await measure(bench, 'a library of 1.5 GB and 10,000 files', pythonOf(venv));
      rmSync(venv, { recursive: true });
    }
  }
};

/**
 * @param {import('../context.mjs').Bench} bench
 * @param {string} what
 * @param {string} python
 */
async function measure(bench, what, python) {
  const prefix = 'memory';
  const cache = join(bench.work, 'caches', prefix);
  const sidecar = await Sidecar.start(bench, cache);
  settle(dirname(dirname(python)));
  const { ms } = await sidecar.ship({ python, prefix });
  const { peakBytes } = sidecar;
  await sidecar.stop();
  rmSync(cache, { recursive: true });
  await bench.store.remove(prefix);
  bench.results.row('through the sidecar, cold', what, 'ms', [ms]);
  bench.results.judge(5, `memory of the sidecar, ${what}`, peakBytes, MEMORY_BYTES, bytes);
}
