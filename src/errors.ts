import { visibleLines, type ErrorCode, type ErrorObject } from '../server/src/contract/index.js';

/** Every error that is meant for a person, whether the sidecar sent it or the browser found it. */
export class ShipEnvError extends Error {
  override readonly name = 'ShipEnvError';
  readonly code: ErrorCode;
  /** What to do next, addressed to the person; may be empty. */
  readonly hint: string;
  /** Messages of the causes, outermost first. */
  readonly causes: readonly string[];

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? '';
    this.causes = causesOf(options.cause);
  }

  /** The error that an error object of the contract stands for, with every character of it to be seen. */
  static from(object: ErrorObject): ShipEnvError {
    return new ShipEnvError(object.code, visibleLines(object.message), {
      hint: visibleLines(object.hint),
      ...(object.cause.length > 0 ? { cause: object.cause.map(visibleLines) } : {})
    });
  }
}

/** This error, or the bug that an unexpected one shows. */
export function toShipEnvError(error: unknown): ShipEnvError {
  if (error instanceof ShipEnvError) return error;
  return new ShipEnvError(
    'INTERNAL',
    `The notebook side stopped on an error that it did not expect: ${messageOf(error)}`,
    {
      hint: 'This is a bug in ship-env. Please report it with what you did and the log.',
      cause: error
    }
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** The chain of causes; a list stands for the chain that the sidecar saw. */
function causesOf(cause: unknown): string[] {
  const messages: string[] = [];
  let next: unknown = cause;
  // A chain longer than this is a loop.
  while (next !== undefined && messages.length < 8) {
    if (Array.isArray(next)) return [...messages, ...next.map(String)];
    messages.push(messageOf(next));
    next = next instanceof Error ? next.cause : undefined;
  }
  return messages;
}
