/**
 * Measures the build and the start of each layout for an environment whose artifact is larger than 4 GiB, which Python
 * before 3.13 cannot start as a zip. Full benchmark only.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pythonOf, sitePackages } from '../../../scripts/lib/paths.mjs';
import { CommandFailed } from '../../../scripts/lib/process.mjs';
import { hasRoom, type Bench } from '../bench.js';
import { writeDistribution } from '../environments/generate.js';
import { makeVenv } from '../environments/venvs.js';
import { settle, timed } from '../measuring/processes.js';
import { asBytes } from '../report/units.js';
import type { Part } from './part.js';

const NAMES = ['large_0', 'large_1', 'large_2'] as const;
const LIBRARY_BYTES = 1.53e9;
const ALL_BYTES = NAMES.length * LIBRARY_BYTES;
const PROGRAM = ['-c', `import ${NAMES.join(', ')}`];

/** One layout of the shipped files. */
interface Layout {
  readonly who: string;
  /** Commands of the build, in their order. */
  readonly build: readonly (readonly string[])[];
  /** Command of the start. */
  readonly start: readonly string[];
  /** Environment variables of the start. */
  readonly env?: NodeJS.ProcessEnv;
}

export const large: Part = {
  name: 'large',
  title: 'More than 4 GiB',
  async run(bench) {
    if (bench.scale !== 'full' || bench.tools === undefined || !hasRoom(bench, 'layouts of 4.6 GB', 4 * ALL_BYTES)) {
      return;
    }
    const venv = join(bench.work, 'large');
    await makeVenv(venv);
    for (const name of NAMES) {
      const plan = { name, version: '1.0', files: 100, moduleBytes: 1500 };
      writeDistribution(sitePackages(venv), { ...plan, libraryBytes: LIBRARY_BYTES, library: 'random' });
    }
    const folder = join(bench.work, 'layouts');
    for (const layout of layoutsIn(folder, bench, bench.tools.pex, venv)) {
      mkdirSync(folder);
      await measure(bench, layout, folder, venv);
      rmSync(folder, { recursive: true });
    }
    rmSync(venv, { recursive: true });
  }
};

/**
 * The layouts to compare. None compresses, since the libraries do not shrink.
 *
 * @param tool - virtual environment of pex
 * @param venv - the virtual environment to pack
 */
function layoutsIn(folder: string, { shipEnvVenv }: Bench, tool: string, venv: string): Layout[] {
  const [output, other] = [join(folder, 'env.pex'), join(folder, 'other.pex')];
  const pex = (...args: readonly string[]) => [
    ...[join(tool, 'bin', 'pex'), '--venv-repository', venv, '--no-compress', '--output-file'],
    ...args
  ];
  const [first = '', ...others] = NAMES.map(name => name.replaceAll('_', '-'));
  const python = pythonOf(venv);
  return [
    {
      who: 'ship-env, one zip64 file',
      build: [[join(shipEnvVenv, 'bin', 'ship-env'), 'build', '--python', python, '--output', output]],
      start: [output]
    },
    { who: 'pex, one zip64 file', build: [pex(output, '--layout', 'zipapp')], start: [python, output] },
    { who: 'pex, packed folder', build: [pex(output, '--layout', 'packed')], start: [python, output] },
    {
      who: 'pex, two files joined by PEX_PATH',
      build: [pex(output, '--layout', 'zipapp', first), pex(other, '--layout', 'zipapp', ...others)],
      start: [python, output],
      env: { PEX_PATH: other }
    }
  ];
}

/** @param venv - the virtual environment to pack */
async function measure(
  { env, results }: Bench,
  { who, build, start, env: own }: Layout,
  folder: string,
  venv: string
): Promise<void> {
  const part = 'more than 4 GiB';
  const caches = { SHIP_ENV_CACHE: join(folder, 'cache'), PEX_ROOT: join(folder, 'building') };
  settle(venv);
  let buildMs = 0;
  for (const [program = '', ...args] of build) {
    buildMs += (await timed(program, args, { env: { ...env, ...caches } })).ms;
  }
  results.row(part, `${who}, built`, 'ms', [buildMs]);
  Object.values(caches).forEach(path => rmSync(path, { recursive: true, force: true }));
  const [program = '', ...args] = start;
  try {
    for (const when of ['first start on a node', 'later start']) {
      const node = { ...env, ...own, PEX_ROOT: join(folder, 'node') };
      const { ms } = await timed(program, [...args, ...PROGRAM], { env: node });
      results.row(part, `${who}, ${when}`, 'ms', [ms]);
    }
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    const reason = error.output.includes("can't find '__main__'") ? 'Python cannot read it' : `exit code ${error.code}`;
    results.found.leftOut.push(`the start of ${who}, of ${asBytes(ALL_BYTES)}: ${reason}`);
  }
}
