import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Finding } from '../../contract/snapshot.js';
import { isNothing } from '../../system/files/nothing.js';
import { isWithin } from '../../system/files/within.js';
import type { Metadata } from './candidate.js';
import { kindAt } from '../../memo/disk.js';
import type { JudgedFile, Suspect } from './suspects.js';

/** The kind of place to which a link out of the environment leads. */
type Place = 'installer-cache' | 'managed' | 'foreign';

/** The store of nix and guix, and the cellar of Homebrew: only their package managers put files there. */
const STORE = /^\/(?:nix|gnu)\/store\/[^/]+\/|\/Cellar\/[^/]+\/[^/]+\//;
/** Another Python environment's packages, and where systems install software. */
const MANAGED = /\/(?:site|dist)-packages\/|^\/(?:usr|opt)\//;
/** `<name>-<version>…`: the names of an installer's folders. In other folders, the files below prove nothing. */
const OF_ONE_VERSION = /-v?\d[^/]*$/;
const FINDINGS_EACH = 10;

/**
 * Judges the files of a distribution that are outside of the environment, because the file or a folder above it is a link.
 * Files in an installer's cache are the distribution's content; other files that a package manager put there ship with a
 * finding; all others are suspects.
 */
export async function outsideLinks(
  { name, version, site }: Metadata,
  files: readonly JudgedFile[]
): Promise<{ suspects: Suspect[]; findings: Finding[] }> {
  const suspects: Suspect[] = [];
  const managed: Finding[] = [];
  if (files.length === 0) return { suspects, findings: managed };
  const inside = [site.prefix, site.path].flatMap(path => realPath(path) ?? []);
  const places = new Map<string, Promise<Place>>();
  for (const { path, absolute } of files) {
    const target = realPath(absolute);
    if (target === undefined || inside.some(folder => isWithin(target, folder))) continue;
    const folder = dirname(target);
    const place = places.get(folder) ?? placeOf(folder);
    places.set(folder, place);
    const found = await place;
    if (found === 'foreign') suspects.push({ kind: 'outside-link', path, target });
    if (found !== 'managed') continue;
    const message = `${path} of ${name} ${version} is a link out of the environment, to ${target}. The target of the link ships.`;
    managed.push({ kind: 'outside-link', subject: path, message });
  }
  const findings = managed.slice(0, FINDINGS_EACH);
  const last = findings.at(-1);
  if (last !== undefined && managed.length > findings.length) {
    last.message += ` The same holds for ${managed.length - findings.length} more of its files.`;
  }
  return { suspects, findings };
}

async function placeOf(folder: string): Promise<Place> {
  if (STORE.test(`${folder}/`) || (await isInstallerCache(folder))) return 'installer-cache';
  return MANAGED.test(`${folder}/`) ? 'managed' : 'foreign';
}

/**
 * Recognises an installer's cache by the files in it, because users can move these caches:
 * - uv: `<cache>/CACHEDIR.TAG`, and `<cache>/archive-v0/<id>/…`
 * - pdm: `<packages>/<name>-<version>-<tags>/.checksum`
 * - conda: `<pkgs>/<name>-<version>-<build>/info/index.json`
 */
async function isInstallerCache(folder: string): Promise<boolean> {
  for (let above = folder; above !== dirname(above); above = dirname(above)) {
    const below = folder.slice(above.length + 1);
    if (/^[a-z]+-v\d+(?:\/|$)/.test(below) && (await isFile(join(above, 'CACHEDIR.TAG')))) return true;
    if (!OF_ONE_VERSION.test(above)) continue;
    if (await isFile(join(above, '.checksum'))) return true;
    if (await isFile(join(above, 'info', 'index.json'))) return true;
  }
  return false;
}

async function isFile(path: string): Promise<boolean> {
  return (await kindAt(path)) === 'file';
}

/** The path with all links resolved, synchronously; undefined when nothing is there. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (isNothing(error)) return undefined;
    throw error;
  }
}
