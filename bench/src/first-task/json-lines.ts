import { run } from '../../../scripts/lib/process.mjs';

/**
 * Runs a program that prints JSON lines.
 *
 * @returns its last line of stdout, parsed
 * @throws CommandFailed, with the program's stderr, when it fails
 */
export async function lastJsonLine(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  let last = '';
  await run(program, args, { env, onLine: line => (last = line) });
  return JSON.parse(last);
}
