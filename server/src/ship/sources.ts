import { HEAD_KEY, contentOf, type ArtifactPlan } from '../artifact/index.js';
import type { Manifest } from '../contract/manifest.js';
import { isShipEnvError } from '../errors.js';
import type { CopySource, Target, TargetEntry } from '../targets/target.js';
import { parseManifest } from './prepare.js';

/** Manifests that are read, newest first: what a ship shares with older ones it shares with newer ones, too. */
const MAX_MANIFESTS = 8;
/** Objects that are listed: a crowded target must not delay a ship. */
const MAX_LISTED = 10_000;
/** Artifacts that are copied from: the best one holds nearly all, and each costs a look. */
const MAX_SOURCES = 3;

const MANIFEST = /^env-[0-9a-f]+\.json$/;

/** What an artifact shall hold, as far as it is known before it is built. */
export interface Wanted {
  readonly python: Manifest['python'];
  /** Of its segments. */
  readonly keys: ReadonlySet<string>;
}

export function wantedOf({ interpreter, segments }: ArtifactPlan): Wanted {
  const { implementation, minor, pythonTag, abiTag, platformTag } = interpreter;
  return {
    python: { implementation, minor, pythonTag, abiTag, platformTag },
    keys: new Set(segments.map(({ key }) => key))
  };
}

/**
 * Artifacts on a target, anyone's, that hold distributions of this one: the newest few of the same Python, best first.
 * What is not a manifest, or goes away meanwhile, is passed over.
 *
 * @throws ShipEnvError when the target fails
 */
export async function findSources(target: Target, wanted: Wanted, signal: AbortSignal): Promise<CopySource[]> {
  const manifests = await readNewest(target, signal).catch((error: unknown) => {
    // Who may not list or read may still write.
    if (!isShipEnvError(error, 'TARGET_DENIED')) throw error;
    return [];
  });
  return manifests
    .flatMap(manifest => (manifest === undefined || !isSamePython(manifest, wanted) ? [] : [manifest]))
    .map(manifest => ({ manifest, shared: sharedBytes(manifest, wanted) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, MAX_SOURCES)
    .map(({ manifest }) => sourceOf(manifest));
}

async function readNewest(target: Target, signal: AbortSignal): Promise<(Manifest | undefined)[]> {
  const newest = await newestManifests(target, signal);
  return Promise.all(newest.map(({ name }) => readManifest(target, name, signal)));
}

async function newestManifests(target: Target, signal: AbortSignal): Promise<TargetEntry[]> {
  const found: TargetEntry[] = [];
  let listed = 0;
  for await (const entry of target.list(signal)) {
    if (MANIFEST.test(entry.name)) found.push(entry);
    if ((listed += 1) >= MAX_LISTED) break;
  }
  return found.sort((a, b) => b.modified.getTime() - a.modified.getTime()).slice(0, MAX_MANIFESTS);
}

async function readManifest(target: Target, name: string, signal: AbortSignal): Promise<Manifest | undefined> {
  const content = await target.read(name, signal);
  if (content === undefined) return undefined;
  try {
    return parseManifest(content, target.uri(name));
  } catch (error) {
    // Another program's file, or one of a newer release.
    if (!isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return undefined;
  }
}

function isSamePython({ python }: Manifest, wanted: Wanted): boolean {
  return (
    python.implementation === wanted.python.implementation &&
    python.minor === wanted.python.minor &&
    python.abiTag === wanted.python.abiTag &&
    python.platformTag === wanted.python.platformTag
  );
}

function sharedBytes({ segments }: Manifest, { keys }: Wanted): number {
  return segments.reduce((bytes, segment) => (keys.has(segment.key) ? bytes + segment.length : bytes), 0);
}

function sourceOf({ artifact, head, segments }: Manifest): CopySource {
  return {
    name: artifact.name,
    bytes: artifact.bytes,
    offsets: new Map([
      [contentOf(HEAD_KEY, head.sha256), 0],
      ...segments.map(({ key, sha256, offset }): [string, number] => [contentOf(key, sha256), offset])
    ])
  };
}
