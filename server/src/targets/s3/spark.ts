import type { S3Settings } from './settings.js';

/**
 * Where S3A looks for credentials when no profile is named: Hadoop's own default (core-default.xml,
 * fs.s3a.aws.credentials.provider), with the shared credentials file before the machine's role, as the AWS SDKs have it.
 */
const DEFAULT_PROVIDERS = [
  'org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider',
  'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider',
  'software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider',
  'software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider',
  'org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider'
].join(',');

/** Reads the named profile of `$AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`; in Hadoop since 3.4.2. */
const PROFILE_PROVIDER = 'org.apache.hadoop.fs.s3a.auth.ProfileAWSCredentialsProvider';

/**
 * What S3A needs to read from the same store: settings of this bucket only (Hadoop's per-bucket configuration), so
 * that the person's other buckets stay as they are. Names a credentials provider, never credentials.
 */
export function s3SparkProperties(settings: S3Settings): Record<string, string> {
  const { bucket, endpoint, region, pathStyle, profile } = settings;
  const own: [string, string | undefined][] = [
    ['endpoint', endpoint],
    ['endpoint.region', region],
    ['path.style.access', pathStyle ? 'true' : undefined],
    ['connection.ssl.enabled', endpoint && String(endpoint.startsWith('https:'))],
    ['aws.credentials.provider', profile === undefined ? DEFAULT_PROVIDERS : PROFILE_PROVIDER],
    ['auth.profile.name', profile]
  ];
  return Object.fromEntries(
    own.flatMap(([key, value]) => (value === undefined ? [] : [[`spark.hadoop.fs.s3a.bucket.${bucket}.${key}`, value]]))
  );
}
