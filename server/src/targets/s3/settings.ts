import { isIP } from 'node:net';
import { loadConfig } from '@smithy/core/config';
import type { TargetSettings } from '../../contract/targets.js';
import { ShipEnvError } from '../../errors.js';
import type { S3Location } from './location.js';

/** Everything that decides which store is asked and how: the settings, completed by AWS's own conventions. */
export interface S3Settings extends S3Location {
  /** Base URL of the store without a trailing slash; undefined: Amazon's. */
  readonly endpoint: string | undefined;
  /** Undefined: Amazon is asked where the bucket lies. */
  readonly region: string | undefined;
  /** The bucket stands in the path, not in the host name. */
  readonly pathStyle: boolean;
  /** Name of the profile in `~/.aws`; undefined: AWS's default chain of credentials. */
  readonly profile: string | undefined;
}

/** What stores other than Amazon's take for a region, when nothing is set. */
const DEFAULT_REGION = 'us-east-1';

/**
 * Completes a target's settings. What is empty follows the AWS conventions: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`,
 * `AWS_REGION`, `AWS_DEFAULT_REGION` and the profile's `endpoint_url` and `region` in the shared config file.
 *
 * @throws ShipEnvError SETTINGS_INVALID
 */
export async function resolveS3Settings(location: S3Location, settings: TargetSettings): Promise<S3Settings> {
  const profile = validProfile(settings.profile.trim());
  const endpoint = validEndpoint(settings.endpoint.trim() || (await configuredEndpoint(profile)));
  const region = validRegion(settings.region.trim() || (await configuredRegion(profile)));
  return {
    ...location,
    endpoint,
    region: region ?? (endpoint === undefined ? undefined : DEFAULT_REGION),
    pathStyle: settings.pathStyle || needsPathStyle(endpoint, location.bucket),
    profile
  };
}

/** `bucket.127.0.0.1` and `bucket.localhost` are no host names, and no certificate covers `a.b.s3.amazonaws.com`. */
function needsPathStyle(endpoint: string | undefined, bucket: string): boolean {
  if (bucket.includes('.')) return true;
  if (endpoint === undefined) return false;
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname.startsWith('[') || isIP(hostname) !== 0;
}

/** As the AWS SDKs look for it; theirs for JavaScript forgets a profile that the program names. */
async function configuredEndpoint(profile: string | undefined): Promise<string> {
  if (process.env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return '';
  return loadConfig(
    {
      environmentVariableSelector: env => env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined,
      configFileSelector: (section, file) =>
        file?.[`services.${section['services'] ?? ''}`]?.['s3.endpoint_url'] || section['endpoint_url'] || undefined,
      default: ''
    },
    { profile }
  )();
}

async function configuredRegion(profile: string | undefined): Promise<string> {
  return loadConfig(
    {
      environmentVariableSelector: env => env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined,
      configFileSelector: section => section['region'] || undefined,
      default: ''
    },
    { profile }
  )();
}

function validEndpoint(text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol) || url.hostname === '') {
    throw invalid(
      'The endpoint of the target is not an http:// or https:// URL.',
      'Write it as in https://s3.example.org:9000.'
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      'The endpoint of the target holds a user name or password.',
      'Take it out and name an AWS profile instead.'
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalid(
      'The endpoint of the target has a part after "?" or "#".',
      'Write only the host, as in https://s3.example.org:9000.'
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/u, '')}`;
}

function validRegion(region: string): string | undefined {
  if (region === '') return undefined;
  if (/^[A-Za-z0-9-]+$/u.test(region)) return region;
  throw invalid(
    'The region of the target has characters that no region has.',
    'Write it as in eu-central-1, or leave it empty.'
  );
}

function validProfile(profile: string): string | undefined {
  if (profile === '') return undefined;
  // A line break would forge another setting in a conf file.
  if (!/[\u0000-\u001f\u007f\]]/u.test(profile)) return profile;
  throw invalid(
    'The profile of the target has characters that no profile’s name has.',
    'Write its name as it stands in ~/.aws/credentials.'
  );
}

function invalid(message: string, hint: string): ShipEnvError {
  return new ShipEnvError('SETTINGS_INVALID', message, { hint });
}
