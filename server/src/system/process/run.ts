import type { Readable } from 'node:stream';

/** How a program failed. */
export type ProcessFailure =
  /** There is no such file, or the interpreter that its first line names is missing. */
  | 'not-found'
  /** The file may not be executed. */
  | 'not-executable'
  /** The program exited with a code other than 0. */
  | 'exit-code'
  /** A signal killed the program. */
  | 'killed'
  /** The program exceeded its time limit. */
  | 'timeout'
  /** The program wrote more than its output limit. */
  | 'output-limit'
  /** The program could not be started or followed for another reason; see the cause. */
  | 'other';

/**
 * A program failed. Callers translate it to a ShipEnvError of their area by `reason` and `exitCode`, never by the
 * text of the output, which depends on versions and locale; the tails are for the person and the log.
 */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  readonly reason: ProcessFailure;
  /** Undefined unless `reason` is `exit-code`. */
  readonly exitCode: number | undefined;
  /** The last {@link TAIL_LENGTH} characters of each stream. */
  readonly stdoutTail: string;
  readonly stderrTail: string;

  constructor(
    message: string,
    details: { reason: ProcessFailure; exitCode?: number; stdoutTail: string; stderrTail: string; cause: unknown }
  ) {
    super(message, { cause: details.cause });
    this.reason = details.reason;
    this.exitCode = details.exitCode;
    this.stdoutTail = details.stdoutTail;
    this.stderrTail = details.stderrTail;
  }
}

/** Options of {@link run}. */
export interface RunOptions {
  /** Ends the program and its children, with SIGTERM and five seconds later with SIGKILL. */
  readonly signal: AbortSignal;
  /** Milliseconds that the program may run; no limit when absent. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Changes to the environment of this process: a value sets a variable, `undefined` removes it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input; closed at once when absent. */
  readonly input?: string | Readable;
  /** Called with each line of standard output when it arrives, without its line end. */
  readonly onLine?: (line: string) => void;
  /** Called with standard output as it arrives. The result and errors then have no standard output. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** The most characters of each output stream; 64 Mi when absent. */
  readonly outputLimit?: number;
}

/** The output of a program as UTF-8 text, with its last line end. */
export interface RunOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Characters of each stream that a {@link ProcessError} keeps. */
export const TAIL_LENGTH = 4000;

/**
 * Runs a program to its end, without a shell. The code for it is loaded with the first program, because a ship that finds
 * nothing changed starts none.
 *
 * @throws ProcessError when it did not exit with code 0
 * @throws the signal's reason when it was aborted
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunOutput> {
  return (await import('./with-execa.js')).run(file, args, options);
}
