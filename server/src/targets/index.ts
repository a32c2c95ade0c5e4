import { COMMAND_OPTIONS } from '../contract/option-lists.js';
import {
  TARGET_URLS,
  kindOf,
  misplacedFields,
  titleOf,
  type SettingsOf,
  type TargetKind,
  type TargetSettings,
  type UnusableTarget
} from '../contract/target-settings.js';
import { ShipEnvError } from '../errors.js';
import { directoryOf } from './directory/location.js';
import { DirectoryTarget } from './directory/directory-target.js';
import * as directoryLimits from './directory/time-limits.js';
import { hadoopLocationOf } from './hadoop/location.js';
import { openHadoopTarget } from './hadoop/open.js';
import * as hadoopLimits from './hadoop/time-limits.js';
import { locationOf } from './s3/location.js';
import * as s3Limits from './s3/time-limits.js';
import type { Target } from './target.js';
import { parseTargetUrl, shownUrl, type TargetUrl } from './url.js';

/** One kind of target: the meaning of its URLs and how it is opened. */
interface Kind<Settings> {
  open(url: TargetUrl, settings: Settings, python: string | undefined): Promise<Target>;
  /** How long a cancelled write may take to undo its work. */
  readonly cleanUpMs: number;
}

/** All kinds of target; contract/target-settings.ts has their names, URLs and settings. */
const KINDS: { readonly [Name in TargetKind]: Kind<SettingsOf<Name>> } = {
  directory: {
    open: url => Promise.resolve(new DirectoryTarget(directoryOf(url))),
    cleanUpMs: directoryLimits.CLEAN_UP_MS
  },
  s3: {
    // Loading the AWS SDK takes a good part of a second, so it is loaded only for an S3 target.
    open: async (url, settings) => (await import('./s3/s3-target.js')).openS3Target(locationOf(url), settings),
    cleanUpMs: s3Limits.CLEAN_UP_MS
  },
  hadoop: {
    open: (url, _settings, python) => Promise.resolve(openHadoopTarget(hadoopLocationOf(url), python)),
    cleanUpMs: hadoopLimits.CLEAN_UP_MS
  }
};

/** How long a cancelled write may take to undo its work, for any kind of target. */
export const LONGEST_CLEAN_UP_MS = Math.max(...Object.values(KINDS).map(({ cleanUpMs }) => cleanUpMs));

/**
 * Opens a target. Sends no request yet: a store that does not answer causes an error at the first use.
 *
 * @param python - the kernel python: its pyspark has the Hadoop client for targets that need one
 * @throws ShipEnvError TARGET_URL_INVALID or SETTINGS_INVALID
 */
export async function openTarget(settings: TargetSettings, python?: string): Promise<Target> {
  const url = parseTargetUrl(settings.url);
  if (settings.kind === 'unusable') throw whyUnusable(settings, url);
  return open(settings, url, python);
}

function open<Name extends TargetKind>(
  settings: SettingsOf<Name> & { kind: Name },
  url: TargetUrl,
  python: string | undefined
): Promise<Target> {
  return KINDS[settings.kind].open(url, settings, python);
}

function whyUnusable(settings: UnusableTarget, url: TargetUrl): ShipEnvError {
  const kind = kindOf(settings.url);
  if (kind === undefined) return ofNoKind(url, settings.url);
  const fields = misplacedFields(settings);
  const titles = fields.map(field => `"${titleOf(field)}"`).join(', ');
  const options = COMMAND_OPTIONS.filter(([name]) => fields.includes(name)).map(([, { flags }]) => flags);
  const clear = `lear ${titles} of this target in the settings.`;
  return new ShipEnvError(
    'SETTINGS_INVALID',
    `The target ${shownUrl(settings.url.trim())} has settings of another kind of target: ${titles}.`,
    { hint: options.length === 0 ? `C${clear}` : `Leave out ${options.join(', ')}, or c${clear}` }
  );
}

function ofNoKind({ scheme }: TargetUrl, text: string): ShipEnvError {
  return new ShipEnvError(
    'TARGET_URL_INVALID',
    `There is no kind of target for ${scheme}:// URLs: ${shownUrl(text.trim())}.`,
    { hint: `Use ${TARGET_URLS}.` }
  );
}

export { keepIdleHelpers } from './hadoop/client.js';
export type { Target, TargetEntry } from './target.js';
