/**
 * Target 5: the peak of the sidecar's resident memory during a cold ship. The part `growth` measures it for more
 * environments.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonOf, sitePackages } from '../../../scripts/lib/paths.mjs';
import { hasRoom, type Bench } from '../bench.js';
import { Sidecar } from '../contenders/sidecar.js';
import { writeDistribution } from '../environments/generate.js';
import { makeVenv } from '../environments/venvs.js';
import { settle } from '../measuring/processes.js';
import { asBytes } from '../report/units.js';
import type { Part } from './part.js';

/** The highest resident memory of the sidecar. */
const MEMORY_BYTES = 250e6;
const LIBRARY_BYTES = 1.5e9;

export const memory: Part = {
  name: 'memory',
  title: 'Memory',
  async run(bench) {
    for (const { name, python } of bench.environments) {
      await measure(bench, `the ${name} environment`, python);
    }
    // The library is in the environment, in the cache and on the store.
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

async function measure(bench: Bench, what: string, python: string): Promise<void> {
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
  judgeMemory(bench, what, peakBytes);
}

/** @param what - name of the shipped environment */
export function judgeMemory({ results }: Bench, what: string, peakBytes: number): void {
  const bound = { found: peakBytes, bound: MEMORY_BYTES, show: asBytes };
  results.judge({ target: 5, what: `memory of the sidecar, ${what}`, ...bound });
}
