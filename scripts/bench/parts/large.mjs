/**
 * An environment of which the artifact is more than 4 GiB, so that Python before 3.13 cannot start it as a zip: how long
 * each layout takes to build, and to start on a node. Part of the full benchmark only.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pythonOf, sitePackages } from '../../lib/paths.mjs';
import { CommandFailed } from '../../lib/process.mjs';
import { bytes as inWords } from '../../lib/terminal.mjs';
import { hasRoom } from '../context.mjs';
import { makeVenv, writeDistribution } from '../generate.mjs';
import { settle, timed } from '../measure.mjs';

const NAMES = /** @type {const} */ (['large_0', 'large_1', 'large_2']);
const LIBRARY_BYTES = 1.53e9;
const PROGRAM = ['-c', `import ${NAMES.join(', ')}`];

/**
 * @typedef {object} Layout
 * @property {string} who
 * @property {readonly (readonly string[])[]} build commands, one after the other
 * @property {readonly string[]} start command
 * @property {NodeJS.ProcessEnv} [env]
 */

/** @type {import('./index.mjs').Part} */
export const large = {
  name: 'large',
  title: 'More than 4 GiB',
  async run(bench) {
    const bytes = NAMES.length * LIBRARY_BYTES;
    if (bench.scale !== 'full' || bench.tools === undefined || !hasRoom(bench, 'layouts of 4.6 GB', 4 * bytes)) {
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
 * What is there to choose from. Nothing compresses what does not shrink.
 *
 * @param {string} folder
 * @param {import('../context.mjs').Bench} bench
 * @param {string} tool venv of pex
 * @param {string} venv that is packed
 * @returns {Layout[]}
 */
function layoutsIn(folder, { shipEnvVenv }, tool, venv) {
  const [output, other] = [join(folder, 'env.pex'), join(folder, 'other.pex')];
  const pex = (/** @type {readonly string[]} */ ...args) => [
    ...[join(tool, 'bin', 'pex'), '--venv-repository', venv, '--no-compress', '--output-file'],
    ...args
  ];
  const [first, ...others] = NAMES.map(name => name.replaceAll('_', '-'));
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
      build: [pex(output, '--layout', 'zipapp', first ?? ''), pex(other, '--layout', 'zipapp', ...others)],
      start: [python, output],
      env: { PEX_PATH: other }
    }
  ];
}

/**
 * @param {import('../context.mjs').Bench} bench
 * @param {Layout} layout
 * @param {string} folder
 * @param {string} venv that is packed
 */
async function measure(bench, { who, build, start, env: own }, folder, venv) {
  const part = 'more than 4 GiB';
  const env = { ...bench.env, SHIP_ENV_CACHE: join(folder, 'cache'), PEX_ROOT: join(folder, 'building') };
  settle(venv);
  let buildMs = 0;
  for (const [program = '', ...args] of build) {
    buildMs += (await timed(program, args, { env })).ms;
  }
  bench.results.row(part, `${who}, built`, 'ms', [buildMs]);
  [env.SHIP_ENV_CACHE, env.PEX_ROOT].forEach(path => rmSync(path, { recursive: true, force: true }));
  const [program = '', ...args] = start;
  const node = { ...bench.env, ...own, PEX_ROOT: join(folder, 'node') };
  try {
    for (const when of ['first start on a node', 'later start']) {
      const { ms } = await timed(program, [...args, ...PROGRAM], { env: node });
      bench.results.row(part, `${who}, ${when}`, 'ms', [ms]);
    }
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    const reason = error.output.includes("can't find '__main__'") ? 'Python cannot read it' : `exit code ${error.code}`;
    bench.results.found.leftOut.push(`the start of ${who}, of ${inWords(NAMES.length * LIBRARY_BYTES)}: ${reason}`);
  }
}
