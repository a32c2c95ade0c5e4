/** Target 2: a ship without any change since the last one. */
import type { Bench } from '../bench.js';
import { clusterPack } from '../contenders/cluster-pack.js';
import { shipEnv } from '../contenders/ship-env.js';
import { Sidecar } from '../contenders/sidecar.js';
import type { MeasuredEnvironment } from '../environments/measured.js';
import { interleaved, median } from '../measuring/figures.js';
import { asMs, asRatio } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = { smoke: 2, default: 7, full: 11 };
const PROCESS = 'ship-env, process';
const SIDECAR = 'ship-env, sidecar';
const RIVAL = 'cluster-pack, process';

export const unchanged: Part = {
  name: 'unchanged',
  title: 'Nothing changed',
  async run(bench) {
    for (const environment of bench.environments) {
      await measure(bench, environment);
    }
  }
};

async function measure(bench: Bench, environment: MeasuredEnvironment): Promise<void> {
  const { venv, clusterPackVenv, python, name } = environment;
  const { prefix, cache } = await bench.firstShip(environment);
  const rival = await bench.firstClusterPackShip(environment);
  const sidecar = await Sidecar.start(bench, cache);
  // The first ship of a sidecar loads code that later ones have in memory.
  await sidecar.ship({ python, prefix });
  const sent: number[] = [];
  const cases: Record<string, () => Promise<number>> = {
    [PROCESS]: async () => (await shipEnv(bench, { python, prefix, cache })).ms,
    [SIDECAR]: async () => {
      const { ms, sentBytes } = await sidecar.ship({ python, prefix });
      sent.push(sentBytes);
      return ms;
    }
  };
  if (clusterPackVenv !== undefined && rival !== undefined) {
    cases[RIVAL] = async () => (await clusterPack(bench, { venv, clusterPackVenv, ...rival })).ms;
  }
  const samples = await interleaved(RUNS[bench.scale], cases);
  await sidecar.stop();
  const { results } = bench;
  const part = `nothing changed, ${name}`;
  Object.entries(samples).forEach(([who, values]) => results.row(part, who, 'ms', values));
  results.row(part, 'ship-env, sent', 'bytes', sent);
  if (rival !== undefined) {
    const medianOf = (who: string) => median(samples[who] ?? []);
    const found = medianOf(PROCESS) / medianOf(RIVAL);
    results.judge({ target: 2, what: `${part}, process to cluster-pack's`, found, bound: 0.25, show: asRatio });
    const through = { found: medianOf(SIDECAR), bound: 150, show: asMs };
    results.judge({ target: 2, what: `${part}, through the sidecar`, ...through });
  }
}
