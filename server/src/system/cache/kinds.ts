/** What the cache holds, a folder each; the version in the path changes when a format does. */
const KINDS = {
  /** What an interpreter said of itself, by its identity. */
  interpreters: 'v1',
  /** Content hashes of files that a stat proves unchanged, one file a distribution or editable. */
  hashes: 'v2',
  /** What an environment held, and the stats that prove that it still does, one file an environment. */
  snapshots: 'v2',
  /** Names of artifacts, by what they were computed from. */
  plans: 'v1',
  /** What the distributions of an environment become in an artifact, one file an environment. */
  outlines: 'v1',
  /** What the modules of a distribution become when they are compiled: its digest, by what is compiled. */
  compilations: 'v1',
  /** Compiled modules that are in no segment yet, by their sha256. */
  compiled: 'v1',
  /** Compressed zip entries of one distribution, by content. */
  segments: 'v3',
  /** Compressed tar entries of one distribution, by content. */
  archived: 'v1',
  /** Manifests of artifacts that were assembled once, by the artifact's id. */
  manifests: 'v1',
  /** Code archives, by content, and what each was when it was written. */
  code: 'v2',
  /** Objects whose content was verified on a target, one file a target. */
  verified: 'v1',
  /** What targets noted about contents, in one file. */
  digests: 'v1',
  /** Artifacts that were fetched from a target to be run here, by name, and what each was when it was verified. */
  fetched: 'v1'
} as const;
/** What the cache holds of which each entry is a folder (folders.ts). */
const FOLDERS = {
  /** Archives of a target, unpacked to be run here, by sha256. */
  unpacked: 'v1'
} as const;
export const VERSIONS = { ...KINDS, ...FOLDERS };
export type CacheKind = keyof typeof KINDS;
export type FolderKind = keyof typeof FOLDERS;
export const KIND_NAMES = Object.keys(VERSIONS) as (CacheKind | FolderKind)[];
export const FOLDER_KIND_NAMES = Object.keys(FOLDERS) as FolderKind[];
