import { HEAD_KEY, contentOf, type ArtifactPlan } from '../artifact/index.js';
import type { Manifest } from '../contract/manifest.js';
import { isShipEnvError } from '../errors.js';
import type { Recent } from '../recent.js';
import type { CopySource, Target, TargetEntry } from '../targets/target.js';
import { parseManifest } from './prepare.js';

/** Manifests that are read, newest first: what a ship shares with older ones it shares with newer ones, too. */
const MAX_MANIFESTS = 8;
/** Objects that are listed: a crowded target must not delay a ship. */
const MAX_LISTED = 10_000;
/** Artifacts that are copied from: the best one holds nearly all, and each costs a look. */
const MAX_SOURCES = 3;

/** Kept by a process that ships more than once: manifests by their place and ETag. */
export type KnownManifests = Recent<Manifest>;
/** Of a few targets. */
export const MOST_KNOWN_MANIFESTS = 4 * MAX_MANIFESTS;

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

/** A manifest on a target, and its artifact as it was listed there. */
export interface ListedArtifact {
  readonly manifest: Manifest;
  readonly artifact: TargetEntry & { readonly etag: string };
}

/**
 * Artifacts on a target, anyone's, of which a ship may copy: the newest few, whatever they hold. What is not a manifest,
 * or goes away meanwhile, is passed over, and so is what cannot be copied from.
 *
 * @param known - manifests that were read before
 * @throws ShipEnvError when the target fails
 */
export async function listArtifacts(
  target: Target,
  signal: AbortSignal,
  known?: KnownManifests
): Promise<ListedArtifact[]> {
  try {
    const entries = await listed(target, signal);
    const found = await Promise.all(
      newestManifests(entries).map(entry => recalledManifest(target, entry, signal, known))
    );
    return found.flatMap(manifest => {
      const artifact = manifest && entries.get(manifest.artifact.name);
      if (manifest?.artifact.bytes !== artifact?.bytes || artifact?.etag === undefined) return [];
      return manifest === undefined ? [] : [{ manifest, artifact: { ...artifact, etag: artifact.etag } }];
    });
  } catch (error) {
    // Who may not list or read may still write.
    if (!isShipEnvError(error, 'TARGET_DENIED')) throw error;
    return [];
  }
}

/** Those artifacts that hold distributions of this one, and are of the same Python: best first. Pure. */
export function sourcesAmong(found: readonly ListedArtifact[], wanted: Wanted): CopySource[] {
  return found
    .filter(({ manifest }) => isSamePython(manifest, wanted))
    .map(source => ({ ...source, shared: sharedBytes(source.manifest, wanted) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, MAX_SOURCES)
    .map(sourceOf);
}

async function listed(target: Target, signal: AbortSignal): Promise<Map<string, TargetEntry>> {
  const found = new Map<string, TargetEntry>();
  for await (const entry of target.list(signal)) {
    found.set(entry.name, entry);
    if (found.size >= MAX_LISTED) break;
  }
  return found;
}

function newestManifests(entries: ReadonlyMap<string, TargetEntry>): TargetEntry[] {
  return [...entries.values()]
    .filter(({ name }) => MANIFEST.test(name))
    .sort((a, b) => b.modified.getTime() - a.modified.getTime())
    .slice(0, MAX_MANIFESTS);
}

/** A manifest that did not change since it was read is not read again. */
async function recalledManifest(
  target: Target,
  { name, etag }: TargetEntry,
  signal: AbortSignal,
  known: KnownManifests | undefined
): Promise<Manifest | undefined> {
  const key = etag && `${target.uri(name)} ${etag}`;
  const before = key && known?.get(key);
  if (before) return before;
  const manifest = await readManifest(target, name, signal);
  if (key && manifest !== undefined) known?.set(key, manifest);
  return manifest;
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

function sourceOf({ manifest: { head, segments }, artifact: { name, bytes, etag } }: ListedArtifact): CopySource {
  return {
    ...{ name, bytes, etag },
    offsets: new Map([
      [contentOf(HEAD_KEY, head.sha256), 0],
      ...segments.map(({ key, sha256, offset }): [string, number] => [contentOf(key, sha256), offset])
    ])
  };
}
