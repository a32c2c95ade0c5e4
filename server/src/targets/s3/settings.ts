import { isIP } from 'node:net';
import { loadConfig, loadSharedConfigFiles } from '@smithy/core/config';
import type { SettingsOf } from '../../contract/target-settings.js';
import { ShipEnvError } from '../../errors.js';
import type { FeatureName } from './store/features.js';
import type { S3Location } from './location.js';

/** Everything that decides how to reach the store: the settings of the target, completed by the AWS conventions. */
export interface S3Settings extends S3Location {
  /** Base URL of the store without a trailing slash; undefined: Amazon's. */
  readonly endpoint: string | undefined;
  /** Undefined: ask Amazon for the region of the bucket. */
  readonly region: string | undefined;
  /** Is the bucket in the path of the URL, not in the host name? */
  readonly pathStyle: boolean;
  /** Name of the profile in `~/.aws`; undefined: AWS's default chain of credentials. */
  readonly profile: string | undefined;
  /** When the SDK adds checksums to requests and compares those of answers; undefined: the default of store.ts. */
  readonly checksums: { readonly request: ChecksumSwitch | undefined; readonly response: ChecksumSwitch | undefined };
  /** Features that must not be used although the store may have them. */
  readonly declined: readonly FeatureName[];
}

/** The values of `AWS_REQUEST_CHECKSUM_CALCULATION` and `AWS_RESPONSE_CHECKSUM_VALIDATION`. */
type ChecksumSwitch = 'WHEN_SUPPORTED' | 'WHEN_REQUIRED';

/** The region for stores other than Amazon's when none is set. */
const DEFAULT_REGION = 'us-east-1';

/**
 * Completes a target's settings. Empty settings follow the AWS conventions: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`,
 * `AWS_REGION`, `AWS_DEFAULT_REGION` and the profile's `endpoint_url` and `region` in the shared config file. So do the
 * SDK's switches of checksums: `when_required` leaves out every checksum that could be left out.
 *
 * The files in `~/.aws` are read anew each time: the SDK itself reads them once in a process, and the sidecar lives for
 * days.
 *
 * @throws ShipEnvError SETTINGS_INVALID
 */
export async function resolveS3Settings(location: S3Location, settings: SettingsOf<'s3'>): Promise<S3Settings> {
  const profile = validProfile(settings.profile.trim());
  // The SDK keeps what this call reads, and takes credentials from it later.
  await loadSharedConfigFiles({ ignoreCache: true });
  const endpoint = validEndpoint(settings.endpoint.trim() || (await configuredEndpoint(profile)));
  const region = validRegion(settings.region.trim() || (await configuredRegion(profile)));
  const request = await checksumSwitch('AWS_REQUEST_CHECKSUM_CALCULATION', 'request_checksum_calculation', profile);
  const response = await checksumSwitch('AWS_RESPONSE_CHECKSUM_VALIDATION', 'response_checksum_validation', profile);
  return {
    ...location,
    endpoint,
    region: region ?? (endpoint === undefined ? undefined : DEFAULT_REGION),
    pathStyle: settings.pathStyle || needsPathStyle(endpoint, location.bucket),
    profile,
    checksums: { request, response },
    declined: [
      ...(request === 'WHEN_REQUIRED' ? (['checksums'] as const) : []),
      ...(response === 'WHEN_REQUIRED' ? (['tellsChecksums'] as const) : [])
    ]
  };
}

/**
 * Must the bucket be in the path? `bucket.127.0.0.1` and `bucket.localhost` are not host names, and no certificate
 * covers `a.b.s3.amazonaws.com`.
 */
function needsPathStyle(endpoint: string | undefined, bucket: string): boolean {
  if (bucket.includes('.')) return true;
  if (endpoint === undefined) return false;
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname.startsWith('[') || isIP(hostname) !== 0;
}

/** The endpoint by the rules of the AWS SDKs. The SDK for JavaScript ignores a profile that the program names. */
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

/** @throws ShipEnvError SETTINGS_INVALID for a value that the SDK does not know either */
async function checksumSwitch(
  variable: string,
  key: string,
  profile: string | undefined
): Promise<ChecksumSwitch | undefined> {
  const text = await loadConfig(
    {
      environmentVariableSelector: env => env[variable] || undefined,
      configFileSelector: section => section[key] || undefined,
      default: ''
    },
    { profile }
  )();
  const value = text.trim().toUpperCase();
  if (value === '') return undefined;
  if (value === 'WHEN_SUPPORTED' || value === 'WHEN_REQUIRED') return value;
  throw invalid(
    `${variable}, or ${key} of the AWS profile, must be when_supported or when_required; it is ${JSON.stringify(text)}.`,
    'Correct it in the environment or in ~/.aws/config, or remove it.'
  );
}

function validEndpoint(text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol) || url.hostname === '') {
    throw invalid(
      'The endpoint of the target is not an http:// or https:// URL.',
      'Write it like https://s3.example.org:9000.'
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      'The endpoint of the target holds a user name or password.',
      'Remove it and name an AWS profile instead.'
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalid(
      'The endpoint of the target has a part after "?" or "#".',
      'Write only the host, like https://s3.example.org:9000.'
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/u, '')}`;
}

function validRegion(region: string): string | undefined {
  if (region === '') return undefined;
  if (/^[A-Za-z0-9-]+$/u.test(region)) return region;
  throw invalid(
    'The region of the target has characters that are not allowed in a region.',
    'Write it like eu-central-1, or leave it empty.'
  );
}

function validProfile(profile: string): string | undefined {
  if (profile === '') return undefined;
  // A line break would add another setting to a conf file.
  if (!/[\u0000-\u001f\u007f\]]/u.test(profile)) return profile;
  throw invalid(
    'The profile of the target has characters that are not allowed in a profile’s name.',
    'Write the name as in ~/.aws/credentials.'
  );
}

function invalid(message: string, hint: string): ShipEnvError {
  return new ShipEnvError('SETTINGS_INVALID', message, { hint });
}
