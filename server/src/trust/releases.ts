import { createHash } from 'node:crypto';
import { release, RELEASE_NAME, type Release } from '../contract/release.js';
import { ShipEnvError } from '../errors.js';
import { readSmall } from '../targets/reading.js';
import type { Target } from '../targets/target.js';
import { parseJson } from '../text/json.js';
import { shown } from '../text/shown.js';

const PREFIX = 'ship-env-release-';
const SUFFIX = '.json';

/** Name of the object that defines a release. */
export function releaseFileName(name: string): string {
  return `${PREFIX}${name}${SUFFIX}`;
}

/** The name of the release that an object defines; undefined for any other object. */
export function releaseOfFile(fileName: string): string | undefined {
  if (!fileName.startsWith(PREFIX) || !fileName.endsWith(SUFFIX)) return undefined;
  const name = fileName.slice(PREFIX.length, -SUFFIX.length);
  return RELEASE_NAME.test(name) ? name : undefined;
}

/** @throws ShipEnvError USAGE_INVALID */
export function requireReleaseName(name: string): void {
  if (RELEASE_NAME.test(name)) return;
  throw new ShipEnvError('USAGE_INVALID', `${JSON.stringify(shown(name))} cannot be the name of a release.`, {
    hint: 'Use up to 100 letters, digits and the characters . _ - and begin with a letter or a digit: 2026.11-rc1.'
  });
}

/** The bytes of a release as it is stored. */
export function releaseBytes(value: Release): Buffer {
  return Buffer.from(`${JSON.stringify(release.parse(value), undefined, 1)}\n`);
}

/** sha256 of a manifest's bytes, as a release names it. */
export function manifestDigest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Parses the content of a release.
 *
 * @param name - the name that its file says
 * @returns undefined when it is not a release of this name that we can read
 */
export function parseRelease(content: Buffer | undefined, name: string): Release | undefined {
  const parsed = content && release.safeParse(parseJson(content.toString('utf8'))).data;
  return parsed?.name === name ? parsed : undefined;
}

/**
 * Reads a release; undefined when the target has none of this name.
 *
 * @throws ShipEnvError USAGE_INVALID, TARGET_CONFLICT
 */
export async function findRelease(
  target: Pick<Target, 'url' | 'access' | 'read'>,
  name: string,
  signal: AbortSignal
): Promise<Release | undefined> {
  requireReleaseName(name);
  const content = await readSmall(target, releaseFileName(name), signal);
  if (content === undefined) return undefined;
  const found = parseRelease(content, name);
  if (found !== undefined) return found;
  throw new ShipEnvError(
    'TARGET_CONFLICT',
    `${target.access.uri(releaseFileName(name))} is no release that we can read.`,
    {
      hint: `Something else wrote or changed it, or a later release of ship-env did. Remove it with "ship-env release ${name} --remove".`
    }
  );
}

/** @throws ShipEnvError RELEASE_UNKNOWN; as `findRelease` */
export async function releaseByName(
  target: Pick<Target, 'url' | 'access' | 'read'>,
  name: string,
  signal: AbortSignal
): Promise<Release> {
  const found = await findRelease(target, name, signal);
  if (found !== undefined) return found;
  throw new ShipEnvError('RELEASE_UNKNOWN', `${target.url} has no release ${name}.`, {
    hint: 'See the releases with ship-env list. "ship-env ship --release" makes one.'
  });
}
