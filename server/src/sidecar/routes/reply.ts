import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type * as z from 'zod';
import { ERRORS } from '../../contract/errors.js';
import { issuesText } from '../../contract/issues.js';
import { ShipEnvError, isShipEnvError, toErrorObject } from '../../errors.js';

/**
 * A handler that parses the body, calls `work` and replies with JSON. Errors of `work` go to {@link replyWithError}.
 *
 * @param schema - the request's shape; a body of another shape is USAGE_INVALID
 * @param work - gets the body and a signal that aborts when the caller disconnects
 */
export function jsonRoute<Schema extends z.ZodType>(
  schema: Schema,
  work: (body: z.output<Schema>, signal: AbortSignal) => Promise<unknown>
): RequestHandler {
  return async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.json(await work(parse(schema, request.body), gone.signal));
  };
}

/** @throws ShipEnvError USAGE_INVALID that says which field is wrong */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ShipEnvError('USAGE_INVALID', `The request is not valid: ${issuesText(parsed.error)}`, {
    hint: 'The extension and the sidecar may be of different versions: reload the page, restart the Jupyter server.'
  });
}

/**
 * The last handler of Express: replies to every error with the error object of the contract and the status of its code.
 */
export function replyWithError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) {
    next(error);
    return;
  }
  const object = toErrorObject(isBodyParserError(error) ? badBody(error) : error);
  response.status(ERRORS[object.code].status).json(object);
}

/** Is this an error of express.json() (http-errors) that the caller caused, with a 4xx status? */
function isBodyParserError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    !isShipEnvError(error) &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  );
}

function badBody(cause: Error): ShipEnvError {
  return new ShipEnvError('USAGE_INVALID', 'The request is not JSON of at most 1 MB.', {
    cause
  });
}
