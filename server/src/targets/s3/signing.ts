import type { S3Client } from '@aws-sdk/client-s3';

/**
 * Lets the SDK sign a body by the SHA-256 that is sent along as its checksum, instead of computing it once more.
 * (Amazon S3 API, "Authenticating Requests", AWS Signature Version 4: `x-amz-content-sha256` is the hex-encoded SHA-256
 * of the payload.)
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

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
