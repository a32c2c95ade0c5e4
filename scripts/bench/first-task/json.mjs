import { run } from '../../lib/process.mjs';

/**
 * Runs a program that prints JSON lines.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<any>} its last line of stdout, parsed
 * @throws {import('../../lib/process.mjs').CommandFailed} with what it wrote to stderr, when it fails
 */
export async function lastLineOf(program, args, env) {
  let last = '';
  await run(program, args, { env, onLine: line => (last = line) });
  return JSON.parse(last);
}
