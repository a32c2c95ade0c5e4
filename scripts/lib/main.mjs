import { CommandFailed } from './process.mjs';
import { red } from './terminal.mjs';
import { SetupProblem } from '../setup/problem.mjs';

/**
 * Runs the body of a script. An error for the person is printed as text, a bug with its stack; both end with exit code
 * 1.
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

/** An error for the person: the script found a problem. */
export class ScriptFailure extends Error {}
