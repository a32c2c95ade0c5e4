/** Target 2: a ship when nothing changed since the last one. */
import { clusterPack } from '../contenders/cluster-pack.mjs';
import { shipEnv } from '../contenders/ship-env.mjs';
import { Sidecar } from '../contenders/sidecar.mjs';
import { interleaved, median } from '../measure.mjs';
import { asMs, asRatio } from '../results.mjs';

const RUNS = { smoke: 2, default: 7, full: 11 };

/** @type {import('./index.mjs').Part} */
export const unchanged = {
  name: 'unchanged',
  title: 'Nothing changed',
  async run(bench) {
    for (const environment of bench.environments) {
      const { prefix, cache } = await bench.shipped(environment);
      const rivalShipped = await bench.rivalShipped(environment);
      const { rival, python, name } = environment;
      const sidecar = await Sidecar.start(bench, cache);
      // The first ship of a sidecar loads what later ones have.
      await sidecar.ship({ python, prefix });
      const sent = /** @type {number[]} */ ([]);
      /** @type {Record<string, () => Promise<number>>} */
      const cases = {
        'ship-env, process': async () => (await shipEnv(bench, { python, prefix, cache })).ms,
        'ship-env, sidecar': async () => {
          const { ms, sentBytes } = await sidecar.ship({ python, prefix });
          sent.push(sentBytes);
          return ms;
        }
      };
      if (rival !== undefined && rivalShipped !== undefined) {
        const upload = { environment: { ...environment, rival }, ...rivalShipped };
        cases['cluster-pack, process'] = async () => (await clusterPack(bench, upload)).ms;
      }
      const samples = await interleaved(RUNS[bench.scale], cases);
      await sidecar.stop();
      Object.entries(samples).forEach(([what, values]) => {
        bench.results.row(`nothing changed, ${name}`, what, 'ms', values);
      });
      bench.results.row(`nothing changed, ${name}`, 'ship-env, sent', 'bytes', sent);
      const of = (/** @type {string} */ what) => median(samples[what] ?? []);
      if (rival !== undefined) {
        const ratio = of('ship-env, process') / of('cluster-pack, process');
        bench.results.judge(2, `nothing changed, ${name}, process to cluster-pack's`, ratio, 0.25, asRatio);
        bench.results.judge(2, `nothing changed, ${name}, through the sidecar`, of('ship-env, sidecar'), 150, asMs);
      }
    }
  }
};
