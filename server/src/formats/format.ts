import type { Cache } from '../system/cache/cache.js';
import type { Content, PlanContext } from '../content/content.js';
import type { FormatName, Manifest } from '../contract/manifest.js';
import type { Finding } from '../contract/snapshot.js';
import type { DigestMemory } from '../payloads/digest-memory.js';
import type { Payload, SpannedPayload } from '../payloads/payload.js';
import type { Difference } from './difference.js';

/** How an artifact becomes the python of an executor. */
export type Runs =
  /** The artifact is the python itself: a program, by its path. */
  | { readonly kind: 'executable' }
  /** Spark unpacks the artifact into a folder `alias`, and `python` is the path of the python in that folder. */
  | { readonly kind: 'archive'; readonly alias: string; readonly python: string }
  /** A script, which is one of the shipped files. It makes the environment on a node that lacks it, and then acts as its python. */
  | { readonly kind: 'recipe'; readonly script: string };

/** A file of an artifact that executors need. */
export interface ArtifactFile {
  readonly name: string;
  readonly isExecutable: boolean;
}

/** The name and content of an artifact, and everything that is needed to build it. */
export interface ArtifactPlan {
  /** Names every byte that ships. */
  readonly id: string;
  readonly format: FormatName;
  /** File name: `<id>.pex`, `<id>.tar.gz`. */
  readonly name: string;
  readonly content: Content;
  readonly findings: readonly Finding[];
  /**
   * The first difference between a manifest with this id and the plan. Lengths and digests of compressed bytes are not compared,
   * because they depend on the zlib that was used.
   */
  differenceFrom(manifest: Manifest): Difference | undefined;
  /**
   * Begins to build from cached segments. The memory is bounded for any size. Several callers and processes that want the same
   * artifact compress it only once. After an error no half-written file remains.
   *
   * The spans and `complete` throw ShipEnvError ARTIFACT_FILE_CHANGED when a file changed after the snapshot,
   * SNAPSHOT_UNREADABLE, DISK_FULL; the signal's reason when aborted.
   */
  build(options: BuildOptions): ArtifactBuild;
}

export interface FormatOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Put the interpreter itself into the artifact, for nodes that lack it. */
  readonly includeInterpreter: boolean;
  /** Distributions that are planned, and how many there are; `detail` names what is planned now. */
  readonly onProgress?: PlanContext['onProgress'];
}

export interface BuildOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Digests of artifacts that this process read before. */
  readonly digests?: DigestMemory | undefined;
  /** Called with uncompressed bytes that are done, and all; `detail` names the distribution that was finished last. */
  readonly onProgress?: ((progress: { doneBytes: number; totalBytes: number; detail: string }) => void) | undefined;
}

/**
 * An artifact that is being built. It is not a file: its spans are read from memory and from cached segments, from front to
 * back, while later segments are still being built.
 */
export interface ArtifactBuild extends SpannedPayload {
  readonly id: string;
  /** Bytes of head and segments, once they are known. */
  readonly knownBytes: number | undefined;
  /** Resolves when every segment is in the cache; rejects with the error that stops the build. */
  readonly segments: Promise<Pick<BuiltArtifact, 'reusedSegments' | 'builtSegments'>>;
  /**
   * The whole artifact, described by its manifest.
   *
   * @param facts - size and digest, when the caller has read the artifact. Otherwise it is read here, unless it was built before
   */
  complete(facts?: Pick<Payload, 'bytes' | 'sha256'>): Promise<BuiltArtifact>;
}

export interface BuiltArtifact {
  readonly id: string;
  readonly payload: Payload & SpannedPayload;
  readonly manifest: Manifest;
  /** The manifest's bytes, `<id>.json`. */
  readonly manifestPayload: Payload;
  /** Numbers of the segments that were in the cache, and of those that were built now. */
  readonly reusedSegments: number;
  readonly builtSegments: number;
}

/** A kind of artifact. Each has its own folder; registry.ts lists them. */
export interface Format {
  readonly name: FormatName;
  /** How an artifact of this format becomes the python of an executor. */
  readonly runs: Runs;
  /** Whether an artifact can hold the interpreter itself (`FormatOptions.includeInterpreter`). */
  readonly canHoldInterpreter: boolean;
  /** File name of the artifact with this id. Pure. */
  fileName(id: string): string;
  /** The files of an artifact that executors need, without code archives. Pure. */
  files(manifest: Manifest): readonly ArtifactFile[];
  /** The first contradiction in the manifest's fields of this format. Pure. */
  inconsistencyOf(manifest: Manifest): Difference | undefined;
  /** Findings about an artifact of this size and content. Pure. */
  findingsOf(manifest: Manifest): Finding[];
  /** Plans the artifact for this content. It writes nothing. */
  plan(content: Content, options: FormatOptions): Promise<ArtifactPlan>;
}
