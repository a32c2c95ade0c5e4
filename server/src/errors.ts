import { ERRORS, type ErrorCode, type ErrorObject } from './contract/errors.js';

/** How many messages are shown: the important ones come first, and more would hide them. */
const MAX_CAUSES = 16;

/** An error for the person. Every other error that reaches the outside is a bug and becomes INTERNAL. */
export class ShipEnvError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ShipEnvError';
  readonly code: Code;
  /** Tells the person what to do next. */
  readonly hint: string;

  /**
   * @param code - from the table in contract/errors.ts
   * @param message - what was expected and what was found
   * @param options - `hint`: what to do next; `cause`: the caught error
   */
  constructor(code: Code, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? '';
  }

  /** HTTP status of a route that fails with this error. */
  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** Is this a {@link ShipEnvError}, with this code if one is given? */
export function isShipEnvError<Code extends ErrorCode>(value: unknown, code?: Code): value is ShipEnvError<Code> {
  return value instanceof ShipEnvError && (code === undefined || value.code === code);
}

/** The error object of the contract. An error that is neither ours nor an abort is reported as a bug. */
export function toErrorObject(error: unknown): ErrorObject {
  if (!isAbort(error) && isOutOfFiles(error)) {
    return {
      type: 'error',
      code: 'OPEN_FILES_EXHAUSTED',
      message: `The system allows no more open files: ${messageOf(error)}`,
      hint: 'Raise the limit (ulimit -n 4096, or that of the service that runs JupyterLab), or end what holds many files open.',
      cause: causesOf(error)
    };
  }
  if (isShipEnvError(error)) {
    // Some messages end with the text of their cause, which need not appear twice.
    const cause = causesOf(error, inner => !error.message.includes(messageOf(inner)));
    return { type: 'error', code: error.code, message: error.message, hint: error.hint, cause };
  }
  if (isAbort(error)) {
    // The text of an abort repeats the message; only the failures of its clean-up are added.
    const cause = causesOf(error, inner => !isAbort(inner));
    return { type: 'error', code: 'SHIP_CANCELLED', message: 'The ship was cancelled.', hint: '', cause };
  }
  return {
    type: 'error',
    code: 'INTERNAL',
    message: `ship-env stopped on an error that it did not expect: ${messageOf(error)}`,
    hint: 'This is a bug in ship-env. Please report it with what you did and the log.',
    cause: causesOf(error)
  };
}

/** Was the limit of open files, of this process or of the system, a cause of this error? */
function isOutOfFiles(error: unknown): boolean {
  return [error, ...allCauses(error)].some(cause => hasCode(cause, 'EMFILE', 'ENFILE'));
}

/** Is this the error of aborted work: the signal's own reason or a library's abort error? */
export function isAbort(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}

/** Adds failures of the clean-up to the causes of the first error, which keeps its own cause. */
export function withLeftovers(error: unknown, leftovers: unknown): unknown {
  if (error instanceof Error) {
    error.cause = error.cause === undefined ? leftovers : new AggregateError([error.cause, leftovers]);
  }
  return error;
}

/** Does this error carry a Node.js system code such as ENOENT? */
export function hasCode(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/** Is this an error of a system call, not a bug of ours or an abort? */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** The messages of all causes of an error; each cause comes before its own causes. */
function causesOf(error: unknown, tells: (cause: unknown) => boolean = () => true): string[] {
  // An AggregateError without a message only groups the others.
  const isNews = (cause: unknown): boolean => !(cause instanceof AggregateError && cause.message === '');
  return allCauses(error)
    .filter(cause => isNews(cause) && tells(cause))
    .map(messageOf);
}

/** All causes of an error; each comes before its own causes. */
export function allCauses(error: unknown): unknown[] {
  const seen = new Set<unknown>([error]);
  const visit = (of: unknown): void => {
    for (const cause of directCauses(of)) {
      if (seen.has(cause) || seen.size > MAX_CAUSES) continue;
      seen.add(cause);
      visit(cause);
    }
  };
  visit(error);
  return [...seen].slice(1);
}

function directCauses(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const several: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [...several, error.cause].filter(cause => cause !== undefined);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
