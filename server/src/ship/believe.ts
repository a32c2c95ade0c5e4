import { artifactName, manifestName, promisedLayout, readSegment, type ArtifactPlan } from '../formats/index.js';
import type { Cache } from '../cache/cache.js';
import type { Manifest, ManifestSegment } from '../contract/manifest.js';
import { ShipEnvError } from '../errors.js';
import { shown } from '../text/shown.js';

/** A manifest says something else than it must. */
export interface Difference {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

const SHA256 = /^[0-9a-f]{64}$/u;
/** What is repeated of a foreign value. */
const MOST_SHOWN = 80;

/**
 * What contradicts itself in a manifest, whatever environment it is of: its id is the one in its name, it speaks of the
 * artifact beside it, and head, segments and tail fill that without a gap. Pure.
 *
 * @param id - as the manifest's name has it
 */
export function inconsistencyOf(manifest: Manifest, id: string): Difference | undefined {
  const { artifact, head, segments, entries } = manifest;
  const differences = [
    difference('the id', id, manifest.id),
    difference('the name of the artifact', artifactName(manifest.format, id), artifact.name),
    ...[artifact, head, ...segments].map(({ sha256 }) =>
      SHA256.test(sha256) ? undefined : difference('a sha256', '64 hexadecimal digits', sha256)
    ),
    ...gapsIn(manifest),
    new Set(segments.map(({ wheel }) => wheel)).size === segments.length
      ? undefined
      : difference('the distributions', 'each once', 'one of them twice'),
    entries >= segments.length ? undefined : difference('the count of entries', `${segments.length} or more`, entries)
  ];
  return differences.find(found => found !== undefined);
}

/**
 * What a manifest says of an environment and its plan says otherwise. Offsets, lengths and digests of compressed segments
 * depend on the zlib that made them: they are compared with the local segment where that is the same one.
 */
export async function differenceFromPlan(
  manifest: Manifest,
  plan: ArtifactPlan,
  cache: Cache
): Promise<Difference | undefined> {
  const { head, entries } = promisedLayout(plan);
  const { implementation, minor, pythonTag, abiTag, platformTag } = plan.interpreter;
  const python: Manifest['python'] = { implementation, minor, pythonTag, abiTag, platformTag };
  const found = [
    difference('the format', plan.format, manifest.format),
    ...PYTHON_KEYS.map(key => difference(`the python's ${key}`, python[key], manifest.python[key])),
    difference('the length of the head', head.length, manifest.head.length),
    difference('the sha256 of the head', head.sha256, manifest.head.sha256),
    difference('the count of distributions', plan.segments.length, manifest.segments.length),
    ...plan.segments.flatMap((planned, index) =>
      SEGMENT_KEYS.map(key =>
        difference(`the ${key} of distribution ${index + 1}`, planned[key], manifest.segments[index]?.[key] ?? '')
      )
    ),
    manifest.entries >= entries.least && manifest.entries <= entries.most
      ? undefined
      : difference('the count of entries', `${entries.least} to ${entries.most}`, manifest.entries)
  ].find(each => each !== undefined);
  return found ?? differenceFromCache(manifest, cache);
}

/** Says that a manifest is not believed, and what to do. */
export function notBelieved(
  uri: string,
  { id }: Pick<Manifest, 'id'>,
  { what, wanted, found }: Difference
): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CONFLICT',
    `${uri} is not the manifest of this environment: ${what} was expected to be ${wanted}; found ${found}.`,
    {
      hint: `Something else wrote or changed it. ${howToReplace(manifestName(id))} Or use another prefix.`
    }
  );
}

/** What the person can do about an object, or two, that a ship writes. */
export function howToReplace(...names: readonly [string] | readonly [string, string]): string {
  const again = names.length === 1 ? 'it' : 'both';
  return (
    `When no session uses ${names.length === 1 ? 'it' : 'them'} and no other ship to this target is under way, ` +
    `delete ${names.join(' and ')} there: the next ship of its environment writes ${again} again.`
  );
}

const PYTHON_KEYS = ['implementation', 'minor', 'pythonTag', 'abiTag', 'platformTag'] as const;
const SEGMENT_KEYS = ['wheel', 'name', 'version', 'key'] as const;

/** Where the parts of an artifact do not follow one on the other. */
function gapsIn({ artifact, head, segments }: Manifest): (Difference | undefined)[] {
  let end = head.length;
  const gaps = segments.map(({ wheel, offset, length }) => {
    const gap = difference(`the offset of ${told(wheel)}`, end, offset);
    end += length;
    return gap;
  });
  const tail =
    artifact.bytes > end ? undefined : difference('the bytes of the artifact', `more than ${end}`, artifact.bytes);
  return [...gaps, tail];
}

/** One content has one length: a segment of the same key and digest as the one in the cache is as long. */
async function differenceFromCache({ segments }: Manifest, cache: Cache): Promise<Difference | undefined> {
  for (const segment of segments) {
    const length = await localLength(segment, cache);
    const found = length && difference(`the length of ${told(segment.wheel)}`, length, segment.length);
    if (found) return found;
  }
  return undefined;
}

async function localLength({ key, sha256 }: ManifestSegment, cache: Cache): Promise<number | undefined> {
  const path = await cache.find('segments', key);
  const local = path && (await readSegment(path));
  return local && local.sha256 === sha256 ? local.bytes : undefined;
}

function difference(what: string, wanted: string | number, found: string | number): Difference | undefined {
  return wanted === found ? undefined : { what, wanted: told(wanted), found: told(found) };
}

function told(value: string | number): string {
  return shown(String(value), MOST_SHOWN) || 'nothing';
}
