import { ERRORS, type ErrorCode, type ErrorObject } from './contract/errors.js';

/** Every error that is meant for a person. Anything else that escapes is a bug and becomes INTERNAL at the door. */
export class ShipEnvError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ShipEnvError';
  readonly code: Code;
  /** What to do next, addressed to the person. */
  readonly hint: string;

  /**
   * @param code - from the table in contract/errors.ts
   * @param message - what was wanted and what was found
   * @param options - `hint`: what to do next; `cause`: what was caught
   */
  constructor(code: Code, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? '';
  }

  /** HTTP status of a route that fails with this. */
  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** Is this a {@link ShipEnvError}, with this code if one is given? */
export function isShipEnvError<Code extends ErrorCode>(value: unknown, code?: Code): value is ShipEnvError<Code> {
  return value instanceof ShipEnvError && (code === undefined || value.code === code);
}

/** The error object that crosses the wire. What is not ours, and not an abort, is reported as a bug. */
export function toErrorObject(error: unknown): ErrorObject {
  if (isShipEnvError(error)) {
    return { type: 'error', code: error.code, message: error.message, hint: error.hint, cause: causesOf(error) };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { type: 'error', code: 'SHIP_CANCELLED', message: 'The ship was cancelled.', hint: '', cause: [] };
  }
  return {
    type: 'error',
    code: 'INTERNAL',
    message: `ship-env stopped on an error that it did not expect: ${messageOf(error)}`,
    hint: 'This is a bug in ship-env. Please report it with what you did and the log.',
    cause: causesOf(error)
  };
}

/** Does this error carry a Node.js system code such as ENOENT? */
export function hasCode(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

function causesOf(error: unknown): string[] {
  const messages: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  // A chain longer than this is a loop.
  while (cause !== undefined && messages.length < 8) {
    messages.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
