/** The kinds of entries, each in its own folder. The version is part of the path and changes with the format. */
const KINDS = {
  /** What an interpreter reported about itself, by its identity. */
  interpreters: 'v1',
  /** Content hashes of files that a stat proves unchanged, one file for each distribution or editable. */
  hashes: 'v2',
  /** What an environment held, and the stats that prove it unchanged, one file for each environment. */
  snapshots: 'v2',
  /** Names of artifacts, by the input that they were computed from. */
  plans: 'v1',
  /** Outlines of the segments of an environment's distributions, one file for each environment. */
  outlines: 'v1',
  /** Digests of the compiled modules of a distribution, by the sources. */
  compilations: 'v1',
  /** Compiled modules that are in no segment yet, by their sha256. */
  compiled: 'v1',
  /** Compressed zip entries of a distribution, by content. */
  segments: 'v3',
  /** Compressed tar entries of a distribution, by content. */
  archived: 'v1',
  /** Manifests of artifacts that were assembled once, by the artifact's id. */
  manifests: 'v1',
  /** Code archives, by content, and the state of each file when it was written. */
  code: 'v2',
  /** Objects whose content was verified on a target, one file for each target. */
  verified: 'v1',
  /** What the last record of a ship said, one file for each target and environment. */
  records: 'v1',
  /** Notes of targets about contents, in one file. */
  digests: 'v1',
  /** Artifacts that were fetched from a target to run here, by name, and the state of each file when it was verified. */
  fetched: 'v1',
  /** What clusters told the probe, one file for each cluster, target and Python. */
  probes: 'v1',
  /** Scripts that run a module as the program of a Spark job, by content. */
  launchers: 'v1'
} as const;
/** The kinds whose entries are folders (folders.ts). */
const FOLDERS = {
  /** Archives of a target, unpacked to run here, by sha256. */
  unpacked: 'v1'
} as const;
export const VERSIONS = { ...KINDS, ...FOLDERS };
export type CacheKind = keyof typeof KINDS;
export type FolderKind = keyof typeof FOLDERS;
export const KIND_NAMES = Object.keys(VERSIONS) as (CacheKind | FolderKind)[];
export const FOLDER_KIND_NAMES = Object.keys(FOLDERS) as FolderKind[];
