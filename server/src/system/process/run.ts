import type { Readable } from 'node:stream';

/** How a program that was started ended, when not well. */
export type ProcessFailure =
  /** There is no such file, or the interpreter that its first line names is missing. */
  | 'not-found'
  /** The file may not be executed. */
  | 'not-executable'
  /** It exited with a code other than 0. */
  | 'exit-code'
  /** Something killed it. */
  | 'killed'
  /** It ran longer than it was given. */
  | 'timeout'
  /** It wrote more than it was given room for. */
  | 'output-limit'
  /** It could not be started or followed for another reason; see the cause. */
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

/** What {@link run} may be told. */
export interface RunOptions {
  /** Ends the program, and what it started, with SIGTERM, five seconds later with SIGKILL. */
  readonly signal: AbortSignal;
  /** Milliseconds that it may run; no limit when absent. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Changes to the environment of this process: a value sets a variable, `undefined` takes it away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input, which a stream gives as it comes; closed at once when absent. */
  readonly input?: string | Readable;
  /** Called with each line of standard output as it comes, without its line end. */
  readonly onLine?: (line: string) => void;
  /** Characters that each stream may hold; 64 Mi when absent. */
  readonly outputLimit?: number;
}

/** What a program wrote, byte for byte as UTF-8 text; last line ends are kept. */
export interface RunOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Characters of each stream that a {@link ProcessError} keeps. */
export const TAIL_LENGTH = 4000;

/**
 * Runs a program to its end, without a shell. What does it is loaded with the first program: a ship that finds nothing
 * changed starts none.
 *
 * @throws ProcessError when it did not exit with code 0
 * @throws the signal's reason when it was aborted
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunOutput> {
  return (await import('./with-execa.js')).run(file, args, options);
}
