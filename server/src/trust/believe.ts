import type { Cache } from '../system/cache/cache.js';
import { readSegment } from '../content/segments/segment-index.js';
import type { Manifest, ManifestSegment } from '../contract/manifest.js';
import { ShipEnvError } from '../errors.js';
import { difference, firstDifference, shownValue, type Difference } from '../formats/difference.js';
import type { ArtifactPlan } from '../formats/format.js';
import { manifestName } from '../formats/manifest.js';
import { formatOf } from '../formats/registry.js';
import { SHA256 } from './names.js';

/**
 * Finds a contradiction inside a manifest of any environment. In a good manifest the id is the one in its file name,
 * the artifact is the one beside it, and head, segments and tail fill the artifact without a gap. Pure.
 *
 * @param id - the id in the manifest's file name
 */
export function inconsistencyOf(manifest: Manifest, id: string): Difference | undefined {
  const { artifact, head, segments } = manifest;
  const format = formatOf(manifest.format);
  return firstDifference([
    difference('the id', id, manifest.id),
    difference('the name of the artifact', format.fileName(id), artifact.name),
    ...[artifact, head, ...segments].map(({ sha256 }) =>
      SHA256.test(sha256) ? undefined : difference('a sha256', '64 hexadecimal digits', sha256)
    ),
    ...gapsIn(manifest),
    new Set(segments.map(({ wheel }) => wheel)).size === segments.length
      ? undefined
      : difference('the distributions', 'each once', 'one of them twice'),
    format.inconsistencyOf(manifest)
  ]);
}

/**
 * Finds a difference between a manifest and the plan of its environment. Offsets, lengths and digests of compressed
 * segments depend on the zlib that made them, so they are compared with the local segment only when both have the same
 * content.
 */
export async function differenceFromPlan(
  manifest: Manifest,
  plan: ArtifactPlan,
  cache: Cache
): Promise<Difference | undefined> {
  return plan.differenceFrom(manifest) ?? (await differenceFromCache(manifest, cache));
}

/** The error about a manifest that is not believed, with what to do. */
export function notBelievedError(
  uri: string,
  { id }: Pick<Manifest, 'id'>,
  { what, wanted, found }: Difference
): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CONFLICT',
    `${uri} is not the manifest of this environment: ${what} should be ${wanted}; found ${found}.`,
    {
      hint: `Something else wrote or changed it. ${replaceHint(manifestName(id))} Or use another prefix.`
    }
  );
}

/** What the person can do about one or two damaged objects that a ship writes. */
export function replaceHint(...names: readonly [string] | readonly [string, string]): string {
  const again = names.length === 1 ? 'it' : 'both';
  return (
    `When no session uses ${names.length === 1 ? 'it' : 'them'} and no other ship to this target is under way, ` +
    `delete ${names.join(' and ')} there: the next ship of its environment writes ${again} again.`
  );
}

/** The places where the spans of an artifact leave a gap or overlap. */
function gapsIn({ artifact, head, segments }: Manifest): (Difference | undefined)[] {
  let end = head.length;
  const gaps = segments.map(({ wheel, offset, length }) => {
    const gap = difference(`the offset of ${shownValue(wheel)}`, end, offset);
    end += length;
    return gap;
  });
  const tail =
    artifact.bytes > end ? undefined : difference('the bytes of the artifact', `more than ${end}`, artifact.bytes);
  return [...gaps, tail];
}

/**
 * Compares lengths with the local cache: a segment with the same key and digest must have the same length. The cache has
 * the segments of a PEX under their key; those of an archive are not compared.
 */
async function differenceFromCache({ segments }: Manifest, cache: Cache): Promise<Difference | undefined> {
  for (const segment of segments) {
    const length = await localLength(segment, cache);
    const found = length && difference(`the length of ${shownValue(segment.wheel)}`, length, segment.length);
    if (found) return found;
  }
  return undefined;
}

async function localLength({ key, sha256 }: ManifestSegment, cache: Cache): Promise<number | undefined> {
  const path = await cache.find('segments', key);
  const local = path && (await readSegment(path));
  return local && local.sha256 === sha256 ? local.bytes : undefined;
}
