import type { S3Settings } from './settings.js';

/**
 * Where S3A looks for credentials when no profile is named: Hadoop's own default (core-default.xml,
 * fs.s3a.aws.credentials.provider), plus the shared credentials file before the machine's role, in the order of the AWS
 * SDKs.
 */
const DEFAULT_PROVIDERS = [
  'org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider',
  'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider',
  'software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider',
  'software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider',
  'org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider'
].join(',');

/** Reads the named profile of `$AWS_SHARED_CREDENTIALS_FILE`, else of `~/.aws/credentials`; in Hadoop since 3.4.2. */
const PROFILE_PROVIDER = 'org.apache.hadoop.fs.s3a.auth.ProfileAWSCredentialsProvider';

/**
 * The Spark properties that S3A needs to read from the same store. They are settings of this bucket only (Hadoop's
 * per-bucket configuration), so that other buckets are not affected. They name a credentials provider, never
 * credentials.
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
