import type { Cache } from '../cache/cache.js';
import type { Distribution, Finding, Interpreter, Snapshot } from '../contract/snapshot.js';
import type { Manifest } from '../contract/manifest.js';
import type { LazyDistribution } from '../environment/lazy.js';
import type { DigestMemory } from '../payloads/digest-memory.js';
import type { Payload, SpannedPayload } from '../targets/target.js';
import type { ArtifactIdentity } from './pex/artifact-id.js';
import type { StayHomeOptions } from '../content/stay-home.js';
import type { ZipEntry } from '../content/segments/zip/records.js';

/** What every PEX carries besides distributions: the boot code that the pex tool wrote, and modules of ours. */
export interface Seed {
  /** `.bootstrap/…` as the pex tool wrote it: raw zip entries, back to back, offsets relative to `bytes`. */
  readonly bootstrap: { readonly bytes: Buffer; readonly entries: readonly ZipEntry[] };
  /** The tool's own PEX-INFO, of an empty PEX. */
  readonly pexInfo: Readonly<Record<string, unknown>>;
  /** `__main__.py` and `__pex__/__init__.py`; both hold {@link Seed.pexHash} as a literal, once. */
  readonly main: string;
  readonly importHook: string;
  readonly pexHash: string;
  /** The modules that stand at the root of the artifact, `ship_env_runtime.py` and what it needs, sorted by name. */
  readonly modules: readonly { readonly name: string; readonly source: Buffer }[];
  /** The modules that start an artifact on a node, in the order in which they need each other. */
  readonly node: readonly { readonly name: string; readonly source: Buffer }[];
}

/** A file of a distribution as it lies on disk. */
export interface FileEntry {
  readonly kind: 'file';
  /** Path inside the wheel's directory, `/`-separated: `numpy/__init__.py`, `.prefix/data/share/…`. */
  readonly name: string;
  /** Absolute path on disk. */
  readonly source: string;
  readonly size: number;
  /** What the snapshot saw, lower-case hex; what is read must have it. */
  readonly sha256: string;
  readonly executable: boolean;
}

/** A file that is written afresh, so that nothing of this machine ships: RECORD, console scripts, `.layout.json`. */
export interface DataEntry {
  readonly kind: 'data';
  readonly name: string;
  readonly data: Buffer;
  readonly sha256: string;
  readonly executable: boolean;
}

export type SegmentEntry = FileEntry | DataEntry;

/** The modules of a distribution that ship compiled as well. */
export interface ModulesToCompile {
  /** The kernel python. */
  readonly python: string;
  /** What the result depends on besides the sources. */
  readonly identity: string;
  readonly sources: readonly FileEntry[];
}

/** What the compiled modules of a distribution are, as one file. */
export interface CompiledFacts {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** What an artifact says of a segment, and all that it needs of one that is in the cache. */
export interface SegmentOutline {
  /** `numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.whl`. */
  readonly wheel: string;
  readonly name: string;
  readonly version: string;
  /** sha256 over the format's version, the wheel's name, each entry's path, content and execute bit, and what is compiled. */
  readonly key: string;
  /** Uncompressed bytes of all entries. */
  readonly bytes: number;
  readonly entryCount: number;
  /** Names of the entries that are programs, sorted. */
  readonly executables: readonly string[];
  /**
   * Scripts that were made for entry points because the distribution does not list them, sorted. A script that another
   * distribution lists, which is the one on disk, goes before them.
   */
  readonly unlistedScripts: readonly string[];
}

/** One distribution on its way into an artifact, with what must be known to compress it. */
export interface PlannedSegment extends SegmentOutline {
  /** Sorted by name. */
  readonly entries: readonly SegmentEntry[];
  /** What ships compiled, and what it becomes; undefined when there is nothing of the kind. */
  readonly modules: (ModulesToCompile & { readonly compiled: CompiledFacts }) | undefined;
}

/** A segment whose entries are looked up only when it must be compressed. */
export interface LazySegment extends SegmentOutline {
  /**
   * Of its site directory on `sys.path`, among those of the artifact: of two site directories with a file of one name, the
   * lower rank wins.
   */
  readonly rank: number;
  /** @throws ShipEnvError ARTIFACT_FILE_CHANGED when the distribution is not what was planned any more */
  whole(): Promise<PlannedSegment>;
}

/** An environment to plan for: a snapshot, whole, or with distributions that are read only when someone needs them. */
export interface Plannable extends Pick<Snapshot, 'interpreter' | 'editables'> {
  readonly distributions: readonly (Distribution | LazyDistribution)[];
}

/** A segment as it was planned for a distribution before. */
export interface PlannedBefore {
  readonly outline: SegmentOutline;
  readonly findings: readonly Finding[];
}

/** What was planned before, by the state of a distribution ({@link LazyDistribution.state}). */
export interface SegmentMemory {
  get(state: string): PlannedBefore | undefined;
  set(state: string, value: PlannedBefore): void;
}

/** All that names an artifact and all that is needed to build it. */
export interface ArtifactPlan {
  /** The id of {@link ArtifactPlan.identity}: it covers every byte that ships. */
  readonly id: string;
  readonly identity: ArtifactIdentity;
  /** File name: `<id>.pex`. */
  readonly name: string;
  readonly format: 'pex';
  readonly interpreter: Interpreter;
  /** In the order of the file: largest first, so that what seldom changes keeps its neighbours for a delta upload. */
  readonly segments: readonly LazySegment[];
  readonly pexInfo: string;
  readonly pexHash: string;
  readonly seed: Seed;
  readonly findings: readonly Finding[];
}

export interface PlanOptions extends StayHomeOptions {
  /** Name of a format; `pex` today. */
  readonly format: string;
  readonly seed: Seed;
  /** Keeps what is compiled until it is in a segment. */
  readonly cache: Cache;
  /** Of the same interpreter. */
  readonly memory?: SegmentMemory;
  readonly signal: AbortSignal;
  /** Distributions whose contents are known, and how many there are; `detail` names the one that came last. */
  readonly onProgress?: ((progress: { done: number; total: number; detail: string }) => void) | undefined;
}

export interface BuildOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Of artifacts that this process read before. */
  readonly digests?: DigestMemory | undefined;
  /** Uncompressed bytes done and in all; `detail` names the distribution that was finished last. */
  readonly onProgress?: (progress: { doneBytes: number; totalBytes: number; detail: string }) => void;
}

/**
 * An artifact that is being built. It is no file: its spans are read from memory and from the cached segments, front to
 * back while those behind are still being compressed.
 */
export interface ArtifactBuild extends SpannedPayload {
  readonly id: string;
  /** Bytes of all but the tail, once they are known. */
  readonly knownBytes: number | undefined;
  /** Settles when every segment is in the cache; rejects with what stops the build. */
  readonly segments: Promise<Pick<BuiltArtifact, 'reusedSegments' | 'builtSegments'>>;
  /**
   * The whole artifact, described by its manifest.
   *
   * @param facts - what a front-to-back read gave; else it is read here, unless it was built before
   */
  complete(facts?: Pick<Payload, 'bytes' | 'sha256'>): Promise<BuiltArtifact>;
}

export interface BuiltArtifact {
  readonly id: string;
  readonly payload: Payload & SpannedPayload;
  readonly manifest: Manifest;
  /** The manifest's bytes, `<id>.json`. */
  readonly manifestPayload: Payload;
  /** Distributions whose compressed entries were in the cache, and those compressed now. */
  readonly reusedSegments: number;
  readonly builtSegments: number;
}

/** What the manifest of a planned artifact says before it is built, besides what stands in the plan itself. */
export interface PromisedLayout {
  readonly head: Manifest['head'];
  /** How many {@link Manifest.entries} it has. */
  readonly entries: { readonly least: number; readonly most: number };
}

/** A kind of artifact. One file implements one; formats.ts lists them. */
export interface ArtifactFormat {
  readonly name: string;
  /** What the file of an artifact is called, by its id. Pure. */
  fileName(id: string): string;
  promised(plan: ArtifactPlan): PromisedLayout;
  plan(snapshot: Plannable, options: PlanOptions): Promise<ArtifactPlan>;
  build(plan: ArtifactPlan, options: BuildOptions): ArtifactBuild;
}
