import type { TargetSettings } from '../contract/targets.js';
import { ShipEnvError } from '../errors.js';
import { directoryOf } from './directory/location.js';
import { DirectoryTarget } from './directory/directory-target.js';
import { locationOf } from './s3/location.js';
import type { Target } from './target.js';
import { parseTargetUrl, shownUrl, type TargetUrl } from './url.js';

/** One kind of store: what its URLs mean and how it is opened. */
interface Kind {
  /** The one spelling of a URL. @throws ShipEnvError TARGET_URL_INVALID */
  canonical(url: TargetUrl): string;
  open(url: TargetUrl, settings: TargetSettings): Promise<Target>;
}

const DIRECTORY: Kind = {
  canonical: url => directoryOf(url).url,
  open: url => Promise.resolve(new DirectoryTarget(directoryOf(url)))
};

const S3: Kind = {
  canonical: url => locationOf(url).url,
  // Loading the AWS SDK takes a good part of a second: only who ships to S3 pays for it.
  open: async (url, settings) => (await import('./s3/s3-target.js')).openS3Target(locationOf(url), settings)
};

/** The kinds of target, by URL scheme. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['file', DIRECTORY],
  ['s3', S3],
  ['s3a', S3]
]);

/**
 * Opens a target. Nothing is sent yet: a store that does not answer shows at the first use.
 *
 * @throws ShipEnvError TARGET_URL_INVALID or SETTINGS_INVALID
 */
export async function openTarget(settings: TargetSettings): Promise<Target> {
  const url = parseTargetUrl(settings.url);
  const kind = kindOf(url, settings.url);
  if (settings.shared && kind !== DIRECTORY) throw cannotBeShared(settings);
  return kind.open(url, settings);
}

/**
 * The one spelling of a target URL: `s3a://b/x/` → `s3://b/x`, `file://~/x` → `file:///home/ann/x`.
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function canonicalUrl(text: string): string {
  const url = parseTargetUrl(text);
  return kindOf(url, text).canonical(url);
}

function kindOf(url: TargetUrl, text: string): Kind {
  const kind = KINDS.get(url.scheme);
  if (kind !== undefined) return kind;
  throw new ShipEnvError(
    'TARGET_URL_INVALID',
    `There is no kind of target for ${url.scheme}:// URLs: ${shownUrl(text.trim())}.`,
    {
      hint: 'Use s3://bucket/prefix or file:///path/to/directory.'
    }
  );
}

function cannotBeShared({ url }: TargetSettings): ShipEnvError {
  return new ShipEnvError(
    'SETTINGS_INVALID',
    `A target that is shared with the nodes was expected to be a directory; this one is ${shownUrl(url.trim())}.`,
    { hint: 'Leave out --shared, or take "Shared with the nodes" off this target in the settings.' }
  );
}

export type { Target, TargetEntry } from './target.js';
