import type { S3Client } from '@aws-sdk/client-s3';

/**
 * Makes the SDK sign a body with the SHA-256 that is sent as its checksum, instead of computing it once more. (Amazon
 * S3 API, "Authenticating Requests", AWS Signature Version 4: `x-amz-content-sha256` is the hex-encoded SHA-256 of the
 * payload.)
 */
export function signByChecksum({ middlewareStack }: S3Client): void {
  middlewareStack.add(
    next => args => {
      const { input, request } = args;
      if ('ChecksumSHA256' in input && 'Body' in input && hasHeaders(request)) {
        const digest = Buffer.from(String(input.ChecksumSHA256), 'base64');
        request.headers['x-amz-content-sha256'] = digest.toString('hex');
      }
      return next(args);
    },
    { step: 'build', name: 'signByChecksum' }
  );
}

/**
 * The statuses with which a store refuses a request whose date is wrong. An answer to a HEAD request has no other
 * information.
 */
const MAY_BE_THE_CLOCK = [401, 403];

/**
 * The SDK sets its clock by the date of each answer. One wrong date, from a proxy or from one server of many, would
 * make the store refuse the next request, and a date that cannot be parsed would leave the SDK without a clock. So the
 * SDK sees the date only when the store refuses a request.
 */
export function keepClockUntilRefused({ middlewareStack }: S3Client): void {
  middlewareStack.add(
    next => async args => {
      const result = await next(args);
      const { response } = result;
      if (hasHeaders(response) && 'statusCode' in response) {
        const isShown =
          MAY_BE_THE_CLOCK.includes(Number(response.statusCode)) &&
          !Number.isNaN(Date.parse(response.headers['date'] ?? ''));
        if (!isShown) delete response.headers['date'];
      }
      return result;
    },
    // The middleware of orphans.ts, which reads the date of one answer, is added later and runs nearer to the answer.
    { step: 'deserialize', name: 'keepClockUntilRefused', priority: 'low' }
  );
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
