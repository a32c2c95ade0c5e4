import { s3CodeOf, statusOf, systemCodeOf } from './answer.js';
import type { FailureName } from './failures.js';

const BY_SYSTEM_CODE: Record<string, FailureName> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENOTFOUND: 'nameNotFound',
  EAI_AGAIN: 'nameNotFound',
  EAI_FAIL: 'nameNotFound',
  EAI_NODATA: 'nameNotFound',
  EAI_NONAME: 'nameNotFound',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'closed',
  ECONNABORTED: 'closed',
  EPIPE: 'closed',
  ERR_STREAM_PREMATURE_CLOSE: 'closed',
  EPROTO: 'tls',
  CERT_HAS_EXPIRED: 'tls',
  CERT_NOT_YET_VALID: 'tls',
  CERT_REVOKED: 'tls',
  CERT_REJECTED: 'tls',
  CERT_UNTRUSTED: 'tls',
  CERT_SIGNATURE_FAILURE: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  INVALID_CA: 'tls'
};

const BY_S3_CODE: Record<string, FailureName> = {
  SignatureDoesNotMatch: 'wrongSecret',
  InvalidAccessKeyId: 'unknownKey',
  InvalidClientTokenId: 'unknownKey',
  UnrecognizedClientException: 'unknownKey',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  InvalidToken: 'expired',
  TokenRefreshRequired: 'expired',
  RequestTimeTooSkewed: 'clock',
  RequestExpired: 'clock',
  AuthorizationHeaderMalformed: 'wrongRegion',
  PermanentRedirect: 'elsewhere',
  TemporaryRedirect: 'elsewhere',
  Redirect: 'elsewhere',
  IllegalLocationConstraintException: 'elsewhere',
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  AccountProblem: 'denied',
  InvalidObjectState: 'denied',
  NoSuchBucket: 'bucketMissing',
  InvalidBucketName: 'bucketName',
  NoSuchUpload: 'uploadGone',
  BadDigest: 'checksum',
  InvalidDigest: 'checksum',
  XAmzContentSHA256Mismatch: 'checksum',
  XAmzContentChecksumMismatch: 'checksum',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  XMinioAdminBucketQuotaExceeded: 'full',
  SlowDown: 'busy',
  ServiceUnavailable: 'busy',
  RequestTimeout: 'timeout'
};

/** Errors of the SDK's credential providers when they find no credentials. */
const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError', 'ProviderError'];

/** The entry of the table for an error; undefined for an error that no library throws on purpose. */
export function failureOf(error: unknown): FailureName | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = statusOf(error);
  const code = s3CodeOf(error);
  if (status !== undefined) return (code && BY_S3_CODE[code]) || byStatus(status, code !== undefined);
  if (NO_CREDENTIALS.includes(error.name)) return 'noCredentials';
  const systemCode = systemCodeOf(error);
  if (systemCode !== undefined) return bySystemCode(systemCode);
  return error.name === 'TimeoutError' ? 'timeout' : undefined;
}

/** Does the store's answer name a reason that does not depend on the features that the request used? */
export function isExplained(error: unknown): boolean {
  const code = s3CodeOf(error);
  return code !== undefined && code in BY_S3_CODE;
}

function byStatus(status: number, isS3: boolean): FailureName {
  if (status === 403) return 'denied';
  if (status === 401) return 'unknownKey';
  if (status === 301 || status === 307 || status === 308) return 'elsewhere';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429 || status === 503) return 'busy';
  if (status === 507) return 'full';
  if (status >= 500) return 'broken';
  // The answer could not be parsed: it is a web page, or comes from a proxy, or from a TLS server that got a plain
  // request.
  return isS3 ? 'refusedRequest' : 'notS3';
}

function bySystemCode(code: string): FailureName | undefined {
  if (code in BY_SYSTEM_CODE) return BY_SYSTEM_CODE[code];
  if (/^(?:ERR_SSL|ERR_TLS|ERR_OSSL)_/u.test(code)) return 'tls';
  // Errors of Node's HTTP parser: the server does not speak HTTP.
  return code.startsWith('HPE_') ? 'notS3' : undefined;
}
