/** Target 1: the first ship, without any cache. */
import { rmSync } from 'node:fs';
import type { Bench, Tools } from '../bench.js';
import { SPARK, pex, venvPack, type Built } from '../contenders/packers.js';
import type { MeasuredEnvironment } from '../environments/measured.js';
import { compileModules, removeCompiledModules } from '../environments/venvs.js';
import { clusterPackCold, shipCold, type ClusterPackShip } from '../first-ships.js';
import { interleaved, median } from '../measuring/figures.js';
import { settle } from '../measuring/processes.js';
import { asRatio } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = { smoke: 1, default: 3, full: 3 };
const OURS = 'ship-env, shipped';
const ZIPAPP = 'pex zipapp, built only';

/** Cases by the name of the contender and its mode. */
type Cases = Readonly<Record<string, () => Promise<Built>>>;
/** The median of a case, in ms. */
type MedianOf = (who: string) => number;

export const cold: Part = {
  name: 'cold',
  title: 'Cold build and ship',
  async run(bench) {
    for (const environment of bench.environments) {
      const part = `cold, ${environment.name}`;
      const medianOf = await measure(bench, part, environment, casesOf(bench, environment));
      const rival = await bench.firstClusterPackShip(environment);
      if (rival !== undefined) {
        addClusterPack(bench, part, environment.hasSpark ? ', with pyspark' : '', rival);
        judge(bench, part, medianOf, rival);
        await measureNotCompiled(bench, environment, rival);
        if (bench.scale === 'full' && environment.hasSpark) {
          await measureWithSpark(bench, environment, rival);
          await measureClusterPackWithoutSpark(bench, environment, medianOf(OURS));
        }
      }
    }
  }
};

/** @param how - end of the row names */
function addClusterPack({ results }: Bench, part: string, how: string, { ms, sentBytes }: ClusterPackShip): void {
  results.row(part, `cluster-pack, shipped${how}`, 'ms', [ms]);
  results.row(part, `cluster-pack, sent${how}`, 'bytes', [sentBytes]);
}

function judge({ results }: Bench, part: string, medianOf: MedianOf, rival: ClusterPackShip): void {
  judgeToClusterPack(results, `${part}, to cluster-pack`, medianOf(OURS), rival);
  const found = medianOf(OURS) / medianOf(ZIPAPP);
  results.judge({ target: 1, what: `${part}, to pex zipapp`, found, bound: 0.5, show: asRatio });
}

function judgeToClusterPack(results: Bench['results'], what: string, ms: number, rival: ClusterPackShip): void {
  results.judge({ target: 1, what, found: ms / rival.ms, bound: 0.1, show: asRatio });
}

/** The same without compiled modules: Python compiles them during the ship. */
async function measureNotCompiled(
  bench: Bench,
  environment: MeasuredEnvironment,
  rival: ClusterPackShip
): Promise<void> {
  const part = `cold, ${environment.name}, modules not compiled`;
  const cases = Object.entries(casesOf(bench, environment)).filter(([who]) => who === OURS || who === ZIPAPP);
  const venvs = [environment.venv, environment.packedVenv];
  venvs.forEach(removeCompiledModules);
  try {
    judge(bench, part, await measure(bench, part, environment, Object.fromEntries(cases)), rival);
  } finally {
    for (const venv of venvs) {
      await compileModules(venv);
    }
  }
}

async function measureWithSpark(bench: Bench, environment: MeasuredEnvironment, rival: ClusterPackShip): Promise<void> {
  if (bench.tools !== undefined) {
    const part = `cold, ${environment.name}, with pyspark`;
    const medianOf = await measure(bench, part, environment, casesWithSpark(bench, environment, bench.tools));
    addClusterPack(bench, part, '', rival);
    judgeToClusterPack(bench.results, `${part}, to cluster-pack`, medianOf(OURS), rival);
  }
}

async function measureClusterPackWithoutSpark(
  bench: Bench,
  environment: MeasuredEnvironment,
  ours: number
): Promise<void> {
  const part = `cold, ${environment.name}`;
  const rival = await clusterPackCold(bench, environment, `${environment.name}-no-spark`, SPARK);
  if (rival !== undefined) {
    addClusterPack(bench, part, '', rival);
    judgeToClusterPack(bench.results, `${part}, to cluster-pack without pyspark as well`, ours, rival);
  }
}

/** Cases without pyspark: executors have their own. */
function casesOf(bench: Bench, environment: MeasuredEnvironment): Cases {
  const { tools } = bench;
  const excluded = environment.hasSpark ? SPARK : [];
  const packing = { venv: environment.packedVenv, excluded };
  const ours = { [OURS]: async () => shipOnce(bench, environment, []) };
  return tools === undefined
    ? ours
    : {
        ...ours,
        [ZIPAPP]: async () => pex(bench, tools.pex, { ...packing, layout: 'zipapp' }),
        'pex loose, built only': async () => pex(bench, tools.pex, { ...packing, layout: 'loose' }),
        'venv-pack, built only': async () => venvPack(bench, tools.venvPack, packing)
      };
}

function casesWithSpark(bench: Bench, environment: MeasuredEnvironment, tools: Tools): Cases {
  const venv = environment.packedVenv;
  return {
    [OURS]: async () => shipOnce(bench, environment, ['--include-spark']),
    [ZIPAPP]: async () => pex(bench, tools.pex, { venv, layout: 'zipapp' }),
    'pex loose, built only': async () => pex(bench, tools.pex, { venv, layout: 'loose' })
  };
}

/** Ships with a new cache and prefix. The cache is removed at once; the files on the store stay until the end. */
async function shipOnce(bench: Bench, environment: MeasuredEnvironment, options: readonly string[]): Promise<Built> {
  const shipped = await shipCold(bench, environment, `cold-${performance.now()}`, options);
  rmSync(shipped.cache, { recursive: true, force: true });
  return shipped;
}

async function measure(
  { scale, results }: Bench,
  part: string,
  { venv, packedVenv }: MeasuredEnvironment,
  cases: Cases
): Promise<MedianOf> {
  const sizes = new Map<string, number>();
  const measured = Object.entries(cases).map(([who, work]) => [
    who,
    async () => {
      [venv, packedVenv].forEach(settle);
      const { ms, bytes } = await work();
      sizes.set(who, bytes);
      return ms;
    }
  ]) satisfies [string, () => Promise<number>][];
  const samples = await interleaved(RUNS[scale], Object.fromEntries(measured));
  for (const [who, values] of Object.entries(samples)) {
    results.row(part, who, 'ms', values);
    results.row(part, who, 'bytes', [sizes.get(who) ?? 0]);
  }
  return who => median(samples[who] ?? []);
}
