import { CommandFailed } from './process.mjs';
import { red } from './terminal.mjs';
import { SetupProblem } from '../setup/problem.mjs';

/**
 * Runs a script's body: what is for the person is shown as text, a bug of ours with its stack; either ends with 1.
 *
 * @param {(args: string[]) => Promise<void>} body
 */
export async function main(body) {
  try {
    await body(process.argv.slice(2));
  } catch (error) {
    if (error instanceof SetupProblem || error instanceof CommandFailed || error instanceof ScriptFailure) {
      console.error(`\n${red('✗')} ${error.message}`);
    } else {
      console.error(error);
    }
    process.exitCode = 1;
  }
}

/** The script did its work, and what it found is bad. */
export class ScriptFailure extends Error {}
