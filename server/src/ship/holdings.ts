import type { ArtifactPlan } from '../formats/format.js';
import type { FormatName, Manifest } from '../contract/manifest.js';
import { isShipEnvError } from '../errors.js';
import { pythonOf } from '../formats/python-facts.js';
import { readSmall } from '../targets/reading.js';
import type { Recent } from '../system/cache/recent.js';
import type { Holding, Target, TargetEntry } from '../targets/target.js';
import { inconsistencyOf } from '../trust/believe.js';
import { idOf, MANIFEST_NAME } from '../trust/names.js';
import { parseManifest } from '../trust/published.js';
import { HEAD_KEY, contentName } from '../content/segments/span.js';

/**
 * How many manifests are read at a time, newest first: newer manifests mostly hold whatever older ones share with a
 * ship.
 */
const READ_AT_ONCE = 8;
/**
 * How many manifests are read at most: on a crowded target most may belong to other environments or to another Python.
 */
const MAX_MANIFESTS = 64;
/** The share of an artifact's segments, by bytes, that a source must hold so that the search for a better one ends. */
const ENOUGH = 0.5;
/** How many objects are listed at most: a crowded target must not delay a ship. */
const MAX_LISTED = 10_000;
/** How many artifacts a ship copies from at most: the best one holds nearly everything, and each costs a request. */
const MAX_SOURCES = 3;

/** Manifests by their place and ETag, kept by a process that ships more than once. */
export type KnownManifests = Recent<Manifest>;
/** How many manifests a process keeps: those of one crowded target, or of several smaller ones. */
export const MAX_KNOWN_MANIFESTS = MAX_MANIFESTS;

/** What an artifact will hold, as far as that is known before the build. */
export interface WantedContent {
  readonly python: Manifest['python'];
  /** The bytes of a content differ between formats. */
  readonly format: FormatName;
  /** Keys of its segments. */
  readonly keys: ReadonlySet<string>;
}

export function wantedContentOf({ content: { interpreter, segments }, format }: ArtifactPlan): WantedContent {
  return {
    python: pythonOf(interpreter),
    format,
    keys: new Set(segments.map(({ key }) => key))
  };
}

/** A manifest on a target, and the entry of its artifact in the target's list. */
interface CopyCandidate {
  readonly manifest: Manifest;
  readonly artifact: TargetEntry & { readonly version: string };
}

/**
 * The artifacts on a target, from any person, that a ship may copy from. Files that are not manifests, that disappear
 * meanwhile or that cannot be copied from are skipped.
 */
export class TargetArtifacts {
  readonly #target: Target;
  readonly #known: KnownManifests | undefined;
  readonly #signal: AbortSignal;
  #entries: ReadonlyMap<string, TargetEntry> = new Map();
  /** Manifests that were not read yet, newest first. */
  #unread: TargetEntry[] = [];
  readonly #found: CopyCandidate[] = [];

  private constructor(target: Target, signal: AbortSignal, known: KnownManifests | undefined) {
    this.#target = target;
    this.#signal = signal;
    this.#known = known;
  }

  /**
   * Lists the target and reads the newest few manifests.
   *
   * @param known - manifests that were read before
   * @throws ShipEnvError when the target fails
   */
  static async list(target: Target, signal: AbortSignal, known?: KnownManifests): Promise<TargetArtifacts> {
    const artifacts = new TargetArtifacts(target, signal, known);
    await unlessDenied(async () => {
      artifacts.#entries = await listed(target, signal);
      artifacts.#unread = newestManifests(artifacts.#entries);
      await artifacts.#readMore();
    });
    return artifacts;
  }

  /**
   * The artifacts that share segments with the wanted one and have the same Python, best first. Reads more manifests
   * until one holds enough.
   *
   * @throws ShipEnvError when the target fails
   */
  async sourcesOf(wanted: WantedContent): Promise<Holding[]> {
    let best = bestAmong(this.#found, wanted);
    await unlessDenied(async () => {
      while (this.#unread.length > 0 && !holdsEnough(best[0], wanted)) {
        await this.#readMore();
        best = bestAmong(this.#found, wanted);
      }
    });
    return best.map(sourceOf);
  }

  async #readMore(): Promise<void> {
    const next = this.#unread.splice(0, READ_AT_ONCE);
    const manifests = await Promise.all(
      next.map(entry => recalledManifest(this.#target, entry, this.#signal, this.#known))
    );
    for (const manifest of manifests) {
      const artifact = manifest && this.#entries.get(manifest.artifact.name);
      if (manifest === undefined || artifact?.version === undefined) continue;
      if (manifest.artifact.bytes !== artifact.bytes) continue;
      this.#found.push({ manifest, artifact: { ...artifact, version: artifact.version } });
    }
  }
}

/** Credentials that may not list or read may still write. */
async function unlessDenied(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isShipEnvError(error, 'TARGET_DENIED')) throw error;
  }
}

function bestAmong(found: readonly CopyCandidate[], wanted: WantedContent): CopyCandidate[] {
  return found
    .filter(({ manifest }) => manifest.format === wanted.format && isSamePython(manifest, wanted))
    .map(source => ({ ...source, shared: sharedBytes(source.manifest, wanted) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, MAX_SOURCES);
}

function holdsEnough(source: CopyCandidate | undefined, { keys }: WantedContent): boolean {
  const held = source?.manifest.segments.filter(({ key }) => keys.has(key)) ?? [];
  return held.length >= keys.size * ENOUGH;
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
    .filter(({ name }) => MANIFEST_NAME.test(name))
    .sort((a, b) => b.modified.getTime() - a.modified.getTime())
    .slice(0, MAX_MANIFESTS);
}

/** Reads a manifest, unless it is known and did not change. */
async function recalledManifest(
  target: Target,
  { name, version }: TargetEntry,
  signal: AbortSignal,
  known: KnownManifests | undefined
): Promise<Manifest | undefined> {
  const key = version && `${target.access.uri(name)} ${version}`;
  const before = key && known?.get(key);
  if (before) return before;
  const manifest = await readManifest(target, name, signal);
  if (key && manifest !== undefined) known?.set(key, manifest);
  return manifest;
}

async function readManifest(target: Target, name: string, signal: AbortSignal): Promise<Manifest | undefined> {
  const content = await readSmall(target, name, signal);
  if (content === undefined) return undefined;
  try {
    const manifest = parseManifest(content, name, target.access.uri(name));
    return inconsistencyOf(manifest, idOf(name)) === undefined ? manifest : undefined;
  } catch (error) {
    // The file belongs to another program or a newer release, or contradicts itself.
    if (!isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return undefined;
  }
}

function isSamePython({ python }: Manifest, wanted: WantedContent): boolean {
  return (
    python.implementation === wanted.python.implementation &&
    python.minor === wanted.python.minor &&
    python.abiTag === wanted.python.abiTag &&
    python.platformTag === wanted.python.platformTag
  );
}

function sharedBytes({ segments }: Manifest, { keys }: WantedContent): number {
  return segments.reduce((bytes, segment) => (keys.has(segment.key) ? bytes + segment.length : bytes), 0);
}

function sourceOf({ manifest: { head, segments }, artifact: { name, bytes, version } }: CopyCandidate): Holding {
  return {
    ...{ name, bytes, version },
    offsets: new Map([
      [contentName(HEAD_KEY, head.sha256), 0],
      ...segments.map(({ key, sha256, offset }): [string, number] => [contentName(key, sha256), offset])
    ])
  };
}
