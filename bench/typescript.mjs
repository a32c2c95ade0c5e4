import { join } from 'node:path';
import { paths } from '../scripts/lib/paths.mjs';
import { run } from '../scripts/lib/process.mjs';

/**
 * Runs a TypeScript program of bench/src to its end. Node.js 20 cannot run TypeScript, so tsx removes the types.
 *
 * @param {string} file below bench/src
 * @param {readonly string[]} args
 * @param {import('../scripts/lib/process.mjs').RunOptions & {env: NodeJS.ProcessEnv}} options
 * @returns {Promise<{code: number, output: string}>}
 * @throws {import('../scripts/lib/process.mjs').CommandFailed} when it fails and failure is not allowed
 */
export async function runTypeScript(file, args, options) {
  // Without this, tsx would cache its output in the folder for temporary files, outside of the checkout, to save a
  // quarter of a second.
  const env = { ...options.env, TSX_DISABLE_CACHE: '1' };
  return run('node', ['--import', 'tsx', join(paths.root, 'bench', 'src', file), ...args], { ...options, env });
}
