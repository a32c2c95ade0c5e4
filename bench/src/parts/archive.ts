/**
 * Target 10: `--format archive` beside venv-pack, which makes a .tar.gz of an environment, too: cold, after one tiny
 * package was added, and on a node, where a tar unpacks the file and a python imports from the folder.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pythonOf } from '../../../scripts/lib/paths.mjs';
import type { Bench } from '../bench.js';
import { SPARK, venvPack } from '../contenders/packers.js';
import { shipEnv } from '../contenders/ship-env.js';
import type { MeasuredEnvironment } from '../environments/measured.js';
import { TINY, tinyWheel } from '../environments/tiny-package.js';
import { compileModules, install, removeCompiledModules, uninstall } from '../environments/venvs.js';
import { shipCold } from '../first-ships.js';
import { interleaved, median } from '../measuring/figures.js';
import { settle, timed } from '../measuring/processes.js';
import { asRatio } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = { smoke: 1, default: 3, full: 5 };
const ARCHIVE = ['--format', 'archive'];
const [SHIPPED, BUILT, RIVAL] = ['ship-env, shipped', 'ship-env, built only', 'venv-pack, built only'];
/** Our archive has compiled modules, whatever the environment has; that of venv-pack has what the environment has. */
const [OURS, THEIRS, THEIRS_BARE] = ['ship-env', 'venv-pack', 'venv-pack, modules not compiled'];

/** Work that returns milliseconds, by who does it. */
type Cases = Record<string, (run: number) => Promise<number>>;
/** Median of a case, in ms. */
type MedianOf = (who: string) => number;

export const archive: Part = {
  name: 'archive',
  title: 'Archives',
  async run(bench) {
    for (const environment of bench.environments) {
      const folder = join(bench.work, `archive-${environment.name}`);
      mkdirSync(folder);
      await measureCold(bench, environment, folder);
      await measureTinyPackage(bench, environment);
      await measureOnANode(bench, environment, folder);
      rmSync(folder, { recursive: true });
    }
  }
};

/** Adds the rows of all cases. */
async function measure({ scale, results }: Bench, part: string, cases: Cases): Promise<MedianOf> {
  const samples = await interleaved(RUNS[scale], cases);
  Object.entries(samples).forEach(([who, values]) => results.row(part, who, 'ms', values));
  return who => median(samples[who] ?? []);
}

/** Judges ours by venv-pack's, where venv-pack is compared. */
function judge({ results, tools }: Bench, what: string, found: number, bound: number): void {
  if (tools !== undefined) {
    results.judge({ target: 10, what, found, bound, show: asRatio });
  }
}

/** `ship-env build`, with an empty local cache. @returns milliseconds */
async function buildCold({ env, shipEnvVenv, work }: Bench, python: string, output: string): Promise<number> {
  const cache = join(work, 'caches', 'archive-built');
  const args = ['build', '--python', python, '--output', output, ...ARCHIVE];
  rmSync(output, { force: true });
  try {
    const program = join(shipEnvVenv, 'bin', 'ship-env');
    return (await timed(program, args, { env: { ...env, SHIP_ENV_CACHE: cache } })).ms;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

function packingOf({ packedVenv, hasSpark }: MeasuredEnvironment) {
  return { venv: packedVenv, excluded: hasSpark ? SPARK : [] };
}

/** @param folder - keeps the two files */
async function measureCold(bench: Bench, environment: MeasuredEnvironment, folder: string): Promise<void> {
  const part = `archive, cold, ${environment.name}`;
  const { venv, packedVenv, python } = environment;
  const { tools } = bench;
  const [ours, theirs] = [join(folder, 'ours.tar.gz'), join(folder, 'theirs.tar.gz')];
  const cases: Cases = {
    [SHIPPED]: async run => {
      settle(venv);
      const { ms, cache } = await shipCold(bench, environment, `archive-${run}`, ARCHIVE);
      rmSync(cache, { recursive: true, force: true });
      return ms;
    },
    [BUILT]: async () => {
      settle(venv);
      return buildCold(bench, python, ours);
    }
  };
  if (tools !== undefined) {
    cases[RIVAL] = async () => {
      settle(packedVenv);
      return (await venvPack(bench, tools.venvPack, { ...packingOf(environment), keep: theirs })).ms;
    };
  }
  const medianOf = await measure(bench, part, cases);
  bench.results.row(part, OURS, 'bytes', [statSync(ours).size]);
  judge(bench, `${part}, built, to venv-pack`, medianOf(BUILT) / medianOf(RIVAL), 1);
  judge(bench, `${part}, shipped, to venv-pack`, medianOf(SHIPPED) / medianOf(RIVAL), 1);
  if (tools !== undefined) {
    bench.results.row(part, THEIRS, 'bytes', [statSync(theirs).size]);
    judge(bench, `${part}, size to venv-pack's`, statSync(ours).size / statSync(theirs).size, 1);
  }
}

/** The second archive, and a ship when nothing changed: venv-pack packs everything again. */
async function measureTinyPackage(bench: Bench, environment: MeasuredEnvironment): Promise<void> {
  const part = `archive, tiny package, ${environment.name}`;
  const { venv, packedVenv, python } = environment;
  const { tools } = bench;
  const { prefix, cache } = await shipCold(bench, environment, 'archive-kept', ARCHIVE);
  const ship = async () => shipEnv(bench, { python, prefix, cache, options: ARCHIVE });
  const sent: number[] = [];
  const added = async (version: number, path: string, work: () => Promise<number>) => {
    await install(path, await tinyWheel(bench.wheels, version));
    settle(path);
    try {
      return await work();
    } finally {
      await uninstall(path, TINY);
    }
  };
  const cases: Cases = {
    // Another version each time, which the target has not.
    [SHIPPED]: async run =>
      added(run, venv, async () => {
        const { ms, sentBytes } = await ship();
        sent.push(sentBytes);
        return ms;
      }),
    'ship-env, nothing changed': async () => (await ship()).ms
  };
  if (tools !== undefined) {
    cases[RIVAL] = async run =>
      added(run, packedVenv, async () => (await venvPack(bench, tools.venvPack, packingOf(environment))).ms);
  }
  const medianOf = await measure(bench, part, cases);
  bench.results.row(part, 'ship-env, sent', 'bytes', sent);
  judge(bench, `${part}, shipped, to venv-pack`, medianOf(SHIPPED) / medianOf(RIVAL), 0.25);
  judge(bench, `${part}, nothing changed, to venv-pack`, medianOf('ship-env, nothing changed') / medianOf(RIVAL), 0.1);
}

/**
 * What an executor waits for: a tar unpacks the file, and a python imports the first modules.
 *
 * @param folder - with the two files of `measureCold`
 */
async function measureOnANode(bench: Bench, environment: MeasuredEnvironment, folder: string): Promise<void> {
  const { tools } = bench;
  const files = new Map([[OURS, join(folder, 'ours.tar.gz')]]);
  if (tools !== undefined) {
    files.set(THEIRS, join(folder, 'theirs.tar.gz'));
    files.set(THEIRS_BARE, join(folder, 'theirs-bare.tar.gz'));
    const packing = { ...packingOf(environment), keep: join(folder, 'theirs-bare.tar.gz') };
    removeCompiledModules(environment.packedVenv);
    try {
      await venvPack(bench, tools.venvPack, packing);
    } finally {
      await compileModules(environment.packedVenv);
    }
  }
  const imported: Record<string, number[]> = {};
  const cases = [...files].map(([who, file]) => [
    who,
    async () => {
      const node = await unpackAndImport(bench, environment, folder, file);
      imported[who] = [...(imported[who] ?? []), node.importMs];
      return node.unpackMs;
    }
  ]) satisfies [string, () => Promise<number>][];
  const unpackPart = `archive, unpack with tar, ${environment.name}`;
  const unpacked = await measure(bench, unpackPart, Object.fromEntries(cases));
  const importPart = `archive, first import of ${environment.imports.join(', ')}, ${environment.name}`;
  Object.entries(imported).forEach(([who, values]) => bench.results.row(importPart, who, 'ms', values));
  const importedOf = (who: string) => median(imported[who] ?? []);
  judge(bench, `${unpackPart}, to venv-pack`, unpacked(OURS) / unpacked(THEIRS), 1);
  judge(bench, `${importPart}, to venv-pack`, importedOf(OURS) / importedOf(THEIRS), 1.1);
  judge(bench, `${importPart}, to venv-pack, modules not compiled`, importedOf(OURS) / importedOf(THEIRS_BARE), 1);
}

async function unpackAndImport({ env }: Bench, { imports }: MeasuredEnvironment, folder: string, file: string) {
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  settle(folder);
  try {
    const { ms: unpackMs } = await timed('tar', ['-xzf', file, '-C', unpacked], { env });
    // Whoever comes next does not wait for the disk.
    settle(unpacked);
    const { ms: importMs } = await timed(pythonOf(unpacked), ['-c', `import ${imports.join(', ')}`], { env });
    return { unpackMs, importMs };
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}
