import type { Cache } from '../system/cache/cache.js';
import type { Content } from '../content/content.js';
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
  /** A script, one of the files, makes the environment on the node where it is missing, and then acts as its python. */
  | { readonly kind: 'recipe'; readonly script: string };

/** A file on the target that executors need. */
export interface ShippedFile {
  readonly name: string;
  readonly isExecutable: boolean;
}

/** What an artifact holds and how it is called, with all that is needed to build it. */
export interface ArtifactPlan {
  /** Names every byte that ships. */
  readonly id: string;
  readonly format: FormatName;
  /** File name: `<id>.pex`, `<id>.tar.gz`. */
  readonly name: string;
  readonly content: Content;
  readonly findings: readonly Finding[];
  /**
   * What a manifest of this id says otherwise than the plan; lengths and digests of compressed bytes, which depend on the
   * zlib that made them, are not compared.
   */
  differenceFrom(manifest: Manifest): Difference | undefined;
  /**
   * Begins to build from cached segments. Bounded memory, whatever the size; several callers and processes that want the
   * same artifact compress it once.
   *
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED when a file is no longer what the snapshot saw, SNAPSHOT_UNREADABLE,
   *   DISK_FULL, from the spans and from `complete`; the signal's reason when aborted. Nothing half-written is left.
   */
  build(options: BuildOptions): ArtifactBuild;
}

export interface FormatOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Put the interpreter itself into the artifact, for nodes that lack it. */
  readonly includeInterpreter: boolean;
}

export interface BuildOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Digests of artifacts that this process read before. */
  readonly digests?: DigestMemory | undefined;
  /** Uncompressed bytes done and in all; `detail` names the distribution that was finished last. */
  readonly onProgress?: ((progress: { doneBytes: number; totalBytes: number; detail: string }) => void) | undefined;
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

/** A kind of artifact. One folder implements one; registry.ts lists them. */
export interface Format {
  readonly name: FormatName;
  /** How an artifact of this format becomes the python of an executor. */
  readonly runs: Runs;
  /** Whether an artifact can hold the interpreter itself (`FormatOptions.includeInterpreter`). */
  readonly canHoldInterpreter: boolean;
  /** What the file of an artifact is called, by its id. Pure. */
  fileName(id: string): string;
  /** The files that executors need of an artifact, besides code. Pure. */
  files(manifest: Manifest): readonly ShippedFile[];
  /** What contradicts itself in the format's own part of a manifest. Pure. */
  inconsistencyOf(manifest: Manifest): Difference | undefined;
  /** What the person should know of an artifact of this size and content. Pure. */
  findingsOf(manifest: Manifest): Finding[];
  /** Computes what an artifact of this content holds and how it is called. Writes nothing. */
  plan(content: Content, options: FormatOptions): Promise<ArtifactPlan>;
}
