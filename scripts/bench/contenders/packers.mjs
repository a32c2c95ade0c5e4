/** Tools that build an archive from a virtual environment and upload nothing: pex and venv-pack. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from '../measure.mjs';

/** What executors have of their own. */
export const SPARK = /** @type {const} */ (['pyspark', 'py4j']);

/**
 * `pex --venv-repository`, everything cold: its cache folder is new.
 *
 * @param {import('../context.mjs').Bench} bench
 * @param {string} tool venv of the tool
 * @param {string} venv that is packed
 * @param {{layout: 'zipapp' | 'loose', excluded?: readonly string[]}} options
 * @returns {Promise<{ms: number, bytes: number}>}
 */
export async function pex(bench, tool, venv, { layout, excluded = [] }) {
  const root = join(bench.work, 'pex-root');
  const output = join(bench.work, 'out.pex');
  const args = [
    ...['--venv-repository', venv, '--inherit-path=fallback', '--layout', layout, '--output-file', output],
    ...excluded.flatMap(name => ['--exclude', name])
  ];
  const env = { ...bench.env, PEX_ROOT: root };
  return pack(join(tool, 'bin', 'pex'), args, env, output, [root]);
}

/**
 * `venv-pack` to a .tar.gz, its default.
 *
 * @param {import('../context.mjs').Bench} bench
 * @param {string} tool venv of the tool
 * @param {string} venv that is packed
 * @param {{excluded?: readonly string[]}} options
 * @returns {Promise<{ms: number, bytes: number}>}
 */
export async function venvPack(bench, tool, venv, { excluded = [] }) {
  const output = join(bench.work, 'out.tar.gz');
  const patterns = excluded.flatMap(name => ['--exclude', `lib/python*/site-packages/${name}*`]);
  const args = ['--prefix', venv, '--output', output, '--quiet', ...patterns];
  return pack(join(tool, 'bin', 'venv-pack'), args, bench.env, output, []);
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} output
 * @param {readonly string[]} leftovers folders that it leaves
 */
async function pack(program, args, env, output, leftovers) {
  try {
    const { ms } = await timed(program, args, { env });
    return { ms, bytes: sizeOf(output) };
  } finally {
    [output, ...leftovers].forEach(path => rmSync(path, { recursive: true, force: true }));
  }
}

/**
 * @param {string} path
 * @returns {number} bytes of the file, or of all files below the folder
 */
function sizeOf(path) {
  const { size } = statSync(path);
  return statSync(path).isFile()
    ? size
    : readdirSync(path, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
