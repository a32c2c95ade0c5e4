/** HTTP status of the store's answer. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata: unknown = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** Error names that the SDK invents for an answer without a readable body. */
const MADE_UP = ['Error', 'SyntaxError', 'Unknown', 'UnknownError', 'NotFound', 'Forbidden'];

/** The S3 error code of the store's answer: `NoSuchBucket`; undefined when the answer has none. */
export function s3CodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || statusOf(error) === undefined) return undefined;
  return MADE_UP.includes(error.name) || /^\d+$/u.test(error.name) ? undefined : error.name;
}

/** The system code of the first error in the chain that has one: `ECONNREFUSED`. */
export function systemCodeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    // A host with several addresses gives one error for each address.
    if (at instanceof AggregateError) {
      for (const inner of at.errors) {
        const code = systemCodeOf(inner);
        if (code !== undefined) return code;
      }
    }
  }
  return undefined;
}
