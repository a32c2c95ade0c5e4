import { ExecaError, execa } from 'execa';
import { endGroupOn } from './group.js';
import { shareNiceness } from './niceness.js';
import { ProcessError, TAIL_LENGTH, type ProcessFailure, type RunOptions, type RunOutput } from './run.js';

const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** Implements `run` of run.ts. No other file imports execa. */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunOutput> {
  options.signal.throwIfAborted();
  const { onLine, onBytes, timeoutMs } = options;
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const ending = timeout === undefined ? options.signal : AbortSignal.any([options.signal, timeout]);
  let release: ReturnType<typeof endGroupOn> | undefined;
  const ended = new AbortController();
  let isWell = false;
  try {
    const subprocess = execa(file, args, {
      cancelSignal: ending,
      // A process group of its own, so that the program's children can be ended with it.
      detached: true,
      stripFinalNewline: false,
      ...(onBytes === undefined ? {} : { buffer: { stdout: false } as const }),
      maxBuffer: options.outputLimit ?? OUTPUT_LIMIT,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      // No program may wait for a person, so an absent input is empty and not the terminal's.
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input })
    });
    release = endGroupOn(ending, subprocess.pid);
    void shareNiceness(subprocess.pid, ended.signal);
    const following = [
      ...(onLine === undefined ? [] : [follow(subprocess, onLine)]),
      ...(onBytes === undefined ? [] : [follow(subprocess.iterable({ binary: true }), onBytes)])
    ];
    const [{ stdout, stderr }] = await Promise.all([subprocess, ...following]);
    isWell = true;
    return { stdout: onBytes === undefined ? stdout : '', stderr };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    const failure = error as ExecaError;
    throw toProcessError(file, timeout?.aborted === true ? 'timeout' : reasonOf(failure), failure);
  } finally {
    ended.abort();
    release?.({ isWell });
  }
}

async function follow<T>(output: AsyncIterable<T>, take: (each: T) => void): Promise<void> {
  try {
    for await (const each of output) take(each);
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
    // Only the cause of execa's error: its message contains the whole command, with the script.
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
      return `${file} did not end within its time limit.`;
    case 'output-limit':
      return `${file} wrote more output than is allowed.`;
    case 'not-found':
      return `${file} does not exist, or its interpreter does not.`;
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
  return line === '' ? '' : ` Its last line of output: ${line}`;
}

function tail(text: unknown): string {
  return typeof text === 'string' ? text.slice(-TAIL_LENGTH) : '';
}
