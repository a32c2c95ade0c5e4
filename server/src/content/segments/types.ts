import type { Finding } from '../../contract/snapshot.js';

/** A file of a distribution that ships as it is on disk. */
export interface FileEntry {
  readonly kind: 'file';
  /** Path inside the wheel's directory, `/`-separated: `numpy/__init__.py`, `.prefix/data/share/…`. */
  readonly name: string;
  /** Absolute path on disk. */
  readonly source: string;
  readonly size: number;
  /** sha256 at the time of the snapshot, lower-case hex. The bytes that are read must have it. */
  readonly sha256: string;
  readonly executable: boolean;
}

/** A generated file, which contains nothing of this machine: RECORD, console scripts, `.layout.json`. */
export interface DataEntry {
  readonly kind: 'data';
  readonly name: string;
  readonly data: Buffer;
  readonly sha256: string;
  readonly executable: boolean;
}

export type SegmentEntry = FileEntry | DataEntry;

/** The modules of a distribution that also ship compiled. */
export interface ModulesToCompile {
  /** Path of the kernel python. */
  readonly python: string;
  /** What the result depends on besides the sources. */
  readonly identity: string;
  readonly sources: readonly FileEntry[];
}

/** Size and digest of the compiled modules of a distribution, which are one file. */
export interface CompiledFacts {
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The facts about a segment that an artifact contains. They are enough when the segment is in the cache. */
export interface SegmentOutline {
  /** `numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.whl`. */
  readonly wheel: string;
  readonly name: string;
  readonly version: string;
  /** sha256 over the format's version, the wheel's name, each entry's path, content and execute bit, and the compiled modules. */
  readonly key: string;
  /** Uncompressed bytes of all entries. */
  readonly bytes: number;
  readonly entryCount: number;
  /** Names of the entries that are programs, sorted. */
  readonly executables: readonly string[];
  /**
   * Scripts that were generated for entry points because the distribution does not list them, sorted. When another
   * distribution lists a script of the same name, that one wins, because it is the one on disk.
   */
  readonly unlistedScripts: readonly string[];
}

/** A segment with everything that is needed to build it. */
export interface PlannedSegment extends SegmentOutline {
  /** Sorted by name. */
  readonly entries: readonly SegmentEntry[];
  /** The modules that ship compiled, and the result; undefined when there are none. */
  readonly modules: (ModulesToCompile & { readonly compiled: CompiledFacts }) | undefined;
}

/** A segment whose entries are read only when it must be built. */
export interface LazySegment extends SegmentOutline {
  /**
   * Index of its site directory in the order of `sys.path`, among the directories of the artifact. When two of them have a file
   * of the same name, the lower rank wins.
   */
  readonly rank: number;
  /** @throws ShipEnvError ARTIFACT_FILE_CHANGED when the distribution changed after it was planned */
  whole(): Promise<PlannedSegment>;
}

/** The result of an earlier plan of a distribution. */
export interface PlannedBefore {
  readonly outline: SegmentOutline;
  readonly findings: readonly Finding[];
}

/** Results of earlier plans, by the state of a distribution ({@link LazyDistribution.state}). */
export interface SegmentMemory {
  get(state: string): PlannedBefore | undefined;
  set(state: string, value: PlannedBefore): void;
}
