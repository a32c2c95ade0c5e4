import { ExecaError, execa } from 'execa';
import { endGroupOn } from './group.js';

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
  /** Standard input; closed at once when absent. */
  readonly input?: string;
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

const OUTPUT_LIMIT = 64 * 1024 * 1024;

/**
 * Runs a program to its end, without a shell: the one door to execa.
 *
 * @throws ProcessError when it did not exit with code 0
 * @throws the signal's reason when it was aborted
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunOutput> {
  options.signal.throwIfAborted();
  const { onLine, timeoutMs } = options;
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const ending = timeout === undefined ? options.signal : AbortSignal.any([options.signal, timeout]);
  let release: ReturnType<typeof endGroupOn> | undefined;
  let isWell = false;
  try {
    const subprocess = execa(file, args, {
      cancelSignal: ending,
      // A process group of its own, so that what it starts can be ended with it.
      detached: true,
      stripFinalNewline: false,
      maxBuffer: options.outputLimit ?? OUTPUT_LIMIT,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      // Nothing we start may wait for a person: an absent input is an empty one, not the terminal's.
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input })
    });
    release = endGroupOn(ending, subprocess.pid);
    const following = onLine === undefined ? undefined : followLines(subprocess, onLine);
    const [{ stdout, stderr }] = await Promise.all([subprocess, following]);
    isWell = true;
    return { stdout, stderr };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    const failure = error as ExecaError;
    throw toProcessError(file, timeout?.aborted === true ? 'timeout' : reasonOf(failure), failure);
  } finally {
    release?.({ isWell });
  }
}

async function followLines(lines: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(String(line));
  } catch (error) {
    // The iteration ends with the error of the subprocess itself, which `run` awaits and translates.
    if (!(error instanceof ExecaError)) throw error;
  }
}

function toProcessError(file: string, reason: ProcessFailure, error: ExecaError): ProcessError {
  return new ProcessError(messageOf(file, reason, error), {
    reason,
    ...(reason === 'exit-code' && error.exitCode !== undefined ? { exitCode: error.exitCode } : {}),
    stdoutTail: tail(error.stdout),
    stderrTail: tail(error.stderr),
    // Its own cause only: its message holds the whole command, script and all.
    cause: error.cause
  });
}

function reasonOf(error: ExecaError): ProcessFailure {
  if (error.isMaxBuffer) return 'output-limit';
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return 'not-found';
  if (error.code === 'EACCES' || error.code === 'ENOEXEC') return 'not-executable';
  if (error.isTerminated) return 'killed';
  return error.exitCode === undefined ? 'other' : 'exit-code';
}

function messageOf(file: string, reason: ProcessFailure, error: ExecaError): string {
  switch (reason) {
    case 'timeout':
      return `${file} did not end in the time it was given.`;
    case 'output-limit':
      return `${file} wrote more than it was given room for.`;
    case 'not-found':
      return `${file} does not exist, or what it is run by does not.`;
    case 'not-executable':
      return `${file} may not be executed.`;
    case 'killed':
      return `${file} was ended by ${String(error.signal)}.`;
    case 'exit-code':
      return `${file} ended with exit code ${error.exitCode}.${lastLine(error.stderr)}`;
    case 'other':
      return `${file} could not be run: ${error.originalMessage}`;
  }
}

function lastLine(text: unknown): string {
  const line = tail(text).trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : ` Its last words: ${line}`;
}

function tail(text: unknown): string {
  return typeof text === 'string' ? text.slice(-TAIL_LENGTH) : '';
}
