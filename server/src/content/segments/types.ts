import type { Finding } from '../../contract/snapshot.js';

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
