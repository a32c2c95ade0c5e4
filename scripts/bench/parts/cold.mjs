/** Target 1: everything for the first time. */
import { rmSync } from 'node:fs';
import { SPARK, pex, venvPack } from '../contenders/packers.mjs';
import { rivalCold, shipCold } from '../context.mjs';
import { compileModules, removeCompiledModules } from '../environments.mjs';
import { interleaved, median, settle } from '../measure.mjs';
import { asRatio } from '../results.mjs';

const RUNS = { smoke: 1, default: 3, full: 3 };
const OURS = 'ship-env, shipped';
const ZIPAPP = 'pex zipapp, built only';

/**
 * @typedef {import('../context.mjs').Bench} Bench
 * @typedef {import('../context.mjs').MeasuredEnvironment} MeasuredEnvironment
 * @typedef {Record<string, () => Promise<{ms: number, bytes: number}>>} Cases
 */

/** @type {import('./index.mjs').Part} */
export const cold = {
  name: 'cold',
  title: 'Cold build and ship',
  async run(bench) {
    for (const environment of bench.environments) {
      const part = `cold, ${environment.name}`;
      const ours = await measure(bench, part, environment, contendersOf(bench, environment));
      const rival = await bench.rivalShipped(environment);
      if (rival !== undefined) {
        addRival(bench, part, environment.hasSpark ? ', with pyspark' : '', rival);
        judge(bench, part, ours, rival);
        await runNotCompiled(bench, environment, rival);
      }
      if (bench.scale === 'full' && environment.hasSpark && rival !== undefined) {
        await runWithSpark(bench, environment, rival);
        const without = await rivalCold(bench, environment, `${environment.name}-no-spark`, SPARK);
        addRival(bench, part, '', without);
        if (without !== undefined) {
          const ratio = ours(OURS) / without.ms;
          bench.results.judge(1, `${part}, to cluster-pack without pyspark as well`, ratio, 0.1, asRatio);
        }
      }
    }
  }
};

/**
 * @param {Bench} bench
 * @param {string} part
 * @param {string} how
 * @param {{ms: number, sentBytes: number} | undefined} rival
 */
function addRival(bench, part, how, rival) {
  if (rival !== undefined) {
    bench.results.row(part, `cluster-pack, shipped${how}`, 'ms', [rival.ms]);
    bench.results.row(part, `cluster-pack, sent${how}`, 'bytes', [rival.sentBytes]);
  }
}

/**
 * @param {Bench} bench
 * @param {string} part
 * @param {(what: string) => number} ours median of a case, in ms
 * @param {import('../context.mjs').RivalShipped} rival
 */
function judge(bench, part, ours, rival) {
  bench.results.judge(1, `${part}, to cluster-pack`, ours(OURS) / rival.ms, 0.1, asRatio);
  bench.results.judge(1, `${part}, to pex zipapp`, ours(OURS) / ours(ZIPAPP), 0.5, asRatio);
}

/**
 * The same where no module is compiled: then Python compiles them now.
 *
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {import('../context.mjs').RivalShipped} rival
 */
async function runNotCompiled(bench, environment, rival) {
  const part = `cold, ${environment.name}, modules not compiled`;
  const cases = Object.entries(contendersOf(bench, environment)).filter(([who]) => who === OURS || who === ZIPAPP);
  const venvs = [environment.venv, environment.packed];
  venvs.forEach(removeCompiledModules);
  try {
    judge(bench, part, await measure(bench, part, environment, Object.fromEntries(cases)), rival);
  } finally {
    for (const venv of venvs) {
      await compileModules(venv);
    }
  }
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {import('../context.mjs').RivalShipped} rival
 */
async function runWithSpark(bench, environment, rival) {
  if (bench.tools !== undefined) {
    const part = `cold, ${environment.name}, with pyspark`;
    const ours = await measure(bench, part, environment, contendersWithSpark(bench, environment, bench.tools));
    addRival(bench, part, '', rival);
    bench.results.judge(1, `${part}, to cluster-pack`, ours(OURS) / rival.ms, 0.1, asRatio);
  }
}

/**
 * Without pyspark, where there is one: executors have their own.
 *
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @returns {Cases}
 */
function contendersOf(bench, environment) {
  const { tools } = bench;
  const { packed } = environment;
  const excluded = environment.hasSpark ? SPARK : [];
  const ours = { [OURS]: async () => shipOnce(bench, environment, []) };
  return tools === undefined
    ? ours
    : {
        ...ours,
        [ZIPAPP]: async () => pex(bench, tools.pex, packed, { layout: 'zipapp', excluded }),
        'pex loose, built only': async () => pex(bench, tools.pex, packed, { layout: 'loose', excluded }),
        'venv-pack, built only': async () => venvPack(bench, tools.venvPack, packed, { excluded })
      };
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {import('../context.mjs').Tools} tools
 * @returns {Cases}
 */
function contendersWithSpark(bench, environment, tools) {
  const { packed } = environment;
  return {
    [OURS]: async () => shipOnce(bench, environment, ['--include-spark']),
    [ZIPAPP]: async () => pex(bench, tools.pex, packed, { layout: 'zipapp' }),
    'pex loose, built only': async () => pex(bench, tools.pex, packed, { layout: 'loose' })
  };
}

/**
 * With a cache and a prefix of its own, which go again; what is on the store stays until the end.
 *
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {readonly string[]} options
 */
async function shipOnce(bench, environment, options) {
  const shipped = await shipCold(bench, environment, `cold-${performance.now()}`, options);
  rmSync(shipped.cache, { recursive: true, force: true });
  return shipped;
}

/**
 * @param {Bench} bench
 * @param {string} part
 * @param {MeasuredEnvironment} environment what they pack
 * @param {Cases} cases
 * @returns {Promise<(what: string) => number>} median of a case, in ms
 */
async function measure(bench, part, { venv, packed }, cases) {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  const measured = Object.entries(cases).map(([what, work]) => [
    what,
    async () => {
      [venv, packed].forEach(settle);
      const { ms, bytes } = await work();
      sizes.set(what, bytes);
      return ms;
    }
  ]);
  /** @type {Record<string, number[]>} */
  const samples = await interleaved(RUNS[bench.scale], Object.fromEntries(measured));
  for (const [what, values] of Object.entries(samples)) {
    bench.results.row(part, what, 'ms', values);
    bench.results.row(part, what, 'bytes', [sizes.get(what) ?? 0]);
  }
  return what => median(samples[what] ?? []);
}
