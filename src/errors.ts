import { visibleLines, type ErrorCode, type ErrorObject } from '../server/src/contract/index.js';

/** An error for the person, from the sidecar or from this page. */
export class ShipEnvError extends Error {
  override readonly name = 'ShipEnvError';
  readonly code: ErrorCode;
  /** Tells the person what to do next; may be empty. */
  readonly hint: string;
  /** Messages of the causes, outermost first. */
  readonly causes: readonly string[];

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? '';
    this.causes = causesOf(options.cause);
  }

  /** Makes the error from an error object of the contract; invisible characters are escaped. */
  static from(object: ErrorObject): ShipEnvError {
    return new ShipEnvError(object.code, visibleLines(object.message), {
      hint: visibleLines(object.hint),
      ...(object.cause.length > 0 ? { cause: object.cause.map(visibleLines) } : {})
    });
  }
}

/** Returns a ShipEnvError unchanged, and wraps any other error as a bug. */
export function toShipEnvError(error: unknown): ShipEnvError {
  if (error instanceof ShipEnvError) return error;
  return new ShipEnvError('INTERNAL', `The extension stopped on an unexpected error: ${messageOf(error)}`, {
    hint: 'This is a bug in ship-env. Please report it with what you did and the log.',
    cause: error
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** The messages of the causes. A list is the chain of causes that the sidecar sent. */
function causesOf(cause: unknown): string[] {
  const messages: string[] = [];
  let next: unknown = cause;
  // A longer chain is a loop.
  while (next !== undefined && messages.length < 8) {
    if (Array.isArray(next)) return [...messages, ...next.map(String)];
    messages.push(messageOf(next));
    next = next instanceof Error ? next.cause : undefined;
  }
  return messages;
}
