import type { ErrorCode } from '../../../contract/errors.js';
import type { S3Settings } from '../settings.js';

/** One way in which a store fails: the error code, what was found, and what to do. */
export interface Failure {
  readonly code: ErrorCode;
  found(settings: S3Settings): string;
  hint(settings: S3Settings): string;
}

/** The store in words: its endpoint, or "Amazon S3". */
const store = ({ endpoint }: S3Settings): string => endpoint ?? 'Amazon S3';
const profileHint = ({ profile }: S3Settings): string =>
  profile === undefined
    ? 'the AWS_* variables or the default profile in ~/.aws/credentials'
    : `the profile ${JSON.stringify(profile)} in ~/.aws/credentials`;

/**
 * Every failure of a store that a person can mend. The settings panel shows these sentences under "Test connection".
 */
export const FAILURES = {
  refused: {
    code: 'TARGET_REFUSED',
    found: of => `${store(of)} refused the connection`,
    hint: () => 'Check that the store runs, and the host and port of the endpoint.'
  },
  unreachable: {
    code: 'TARGET_REFUSED',
    found: of => `the network has no route to ${store(of)}`,
    hint: () => 'Check the network, the VPN and the endpoint.'
  },
  nameNotFound: {
    code: 'TARGET_NAME_NOT_FOUND',
    found: of => `the host name of ${store(of)} was not found`,
    hint: of =>
      of.pathStyle
        ? 'Check the endpoint for a typing error, and the network and VPN.'
        : 'Check the endpoint for a typing error. When the store has no host name for each bucket, turn on path style.'
  },
  timeout: {
    code: 'TARGET_TIMEOUT',
    found: of => `${store(of)} did not answer in time`,
    hint: () => 'Check the endpoint, the network and any proxy or firewall in between, then try again.'
  },
  tls: {
    code: 'TARGET_TLS',
    found: of => `there is no trusted TLS connection to ${store(of)}`,
    hint: () =>
      'When the store has a certificate of your organisation, name its CA file in AWS_CA_BUNDLE. When it has no TLS at all, write http:// in the endpoint.'
  },
  notS3: {
    code: 'TARGET_FAILED',
    found: of => `${store(of)} does not answer like an S3 store`,
    hint: () =>
      'Check the endpoint: the port may belong to a web console, or the store may want https:// instead of http://.'
  },
  closed: {
    code: 'TARGET_FAILED',
    found: of => `${store(of)} closed the connection`,
    hint: ({ endpoint }) =>
      `Try again. When it happens each time, check ${endpoint?.startsWith('http:') ? 'whether the store wants https:// instead of http://, ' : ''}the endpoint and any proxy in between.`
  },
  noCredentials: {
    code: 'TARGET_CREDENTIALS_MISSING',
    found: ({ profile }) =>
      profile === undefined
        ? 'no AWS credentials were found'
        : `no credentials were found for the AWS profile ${JSON.stringify(profile)}`,
    hint: of =>
      of.profile === undefined
        ? 'Name a profile in the target’s settings, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where JupyterLab is started.'
        : 'Check the profile’s name against ~/.aws/credentials and ~/.aws/config; a single sign-on profile may need a new login.'
  },
  wrongSecret: {
    code: 'TARGET_SIGNATURE',
    found: of => `${store(of)} knows the access key, but the secret key does not fit it`,
    hint: of => `Check the secret key in ${profileHint(of)}.`
  },
  unknownKey: {
    code: 'TARGET_SIGNATURE',
    found: of => `${store(of)} does not know the access key`,
    hint: of => `Check the access key in ${profileHint(of)}, and that the endpoint is the store it belongs to.`
  },
  expired: {
    code: 'TARGET_SIGNATURE',
    found: () => 'the credentials have expired or their session token is not valid',
    hint: of => `Log in again and renew ${profileHint(of)}.`
  },
  clock: {
    code: 'TARGET_SIGNATURE',
    found: () => 'this machine’s clock and the store’s differ too much',
    hint: () => 'Set the clock of this machine.'
  },
  wrongRegion: {
    code: 'TARGET_SIGNATURE',
    found: ({ region }) => `the store does not accept a signature for the region ${region ?? 'us-east-1'}`,
    hint: () => 'Set the region of the bucket in the target’s settings.'
  },
  elsewhere: {
    code: 'TARGET_FAILED',
    found: ({ bucket, region }) =>
      `the bucket ${bucket} is not in the region ${region ?? 'us-east-1'}, or is addressed another way`,
    hint: () => 'Set the region and endpoint of the bucket in the target’s settings.'
  },
  denied: {
    code: 'TARGET_DENIED',
    found: ({ bucket }) => `these credentials lack the permission in the bucket ${bucket}`,
    hint: () =>
      'Ask the owner of the bucket for s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on the target’s objects and s3:ListBucket on the bucket.'
  },
  bucketMissing: {
    code: 'TARGET_BUCKET_MISSING',
    found: of => `there is no bucket ${of.bucket} on ${store(of)}`,
    hint: () => 'Create the bucket, or correct its name in the target’s URL.'
  },
  bucketName: {
    code: 'TARGET_URL_INVALID',
    found: ({ bucket }) => `the store does not accept ${bucket} as a bucket’s name`,
    hint: () => 'Correct the bucket in the target’s URL.'
  },
  uploadGone: {
    code: 'TARGET_FAILED',
    found: of => `${store(of)} does not know the upload any more: someone, or a rule of the bucket, removed it`,
    hint: () => 'Ship again. When it happens each time, look at the lifecycle rules of the bucket.'
  },
  checksum: {
    code: 'TARGET_CHECKSUM',
    found: of => `${store(of)} received other bytes than were sent, and kept none of them`,
    hint: () =>
      'A proxy or a broken network changes data on the way. Try again. When it happens again, ask the people who run the network.'
  },
  full: {
    code: 'DISK_FULL',
    found: ({ bucket }) => `the store has no room left for the bucket ${bucket}`,
    hint: () => 'Remove old artifacts from the target, or ask for a larger quota.'
  },
  busy: {
    code: 'TARGET_FAILED',
    found: of => `${store(of)} is overloaded`,
    hint: () => 'Wait a little and try again.'
  },
  broken: {
    code: 'TARGET_FAILED',
    found: of => `${store(of)} failed`,
    hint: () => 'Try again. When it happens again, ask the people who run the store: its log says more.'
  },
  refusedRequest: {
    code: 'TARGET_FAILED',
    found: of => `${store(of)} did not accept the request`,
    hint: () =>
      'The store may not support all of the S3 protocol. Please report it with the name and version of the store.'
  }
} as const satisfies Record<string, Failure>;

export type FailureName = keyof typeof FAILURES;
