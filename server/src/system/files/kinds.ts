import type { ErrorCode } from '../../contract/errors.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The properties that a file must have. */
export interface AnyFileKind {
  /** What the file is, for the person. */
  readonly what: string;
  /** The most bytes that it may have; unlimited when it is read piece by piece. */
  readonly limit?: number;
  /** Code of the error for a file that does not have these properties. */
  readonly code: ErrorCode;
  /** What the person can do. */
  readonly hint: string;
  /** The file is not text, so it may contain NUL bytes. */
  readonly isBinary?: true;
}

/** The properties of a file that is read whole. */
export interface FileKind extends AnyFileKind {
  readonly limit: number;
}

const REINSTALL = 'Install the package that the file belongs to again, or remove the file if it belongs to none.';

/** A kind of file in a distribution's metadata. */
function metadata(what: string, limit: number): FileKind {
  return {
    what,
    limit,
    code: 'SNAPSHOT_UNREADABLE',
    hint: REINSTALL
  };
}

/** What all kinds of files in the local cache have in common. */
const CACHED = { code: 'CACHE_UNUSABLE', hint: 'Remove it from the cache, and ship again.', isBinary: true } as const;

/**
 * Every kind of file that is read whole or searched. A limit is about ten times the size of the largest known file of the
 * kind, and small enough that no file fills the memory.
 */
export const FILE_KINDS = {
  metadata: metadata('the metadata of a distribution', 16 * MIB),
  wheel: metadata('the WHEEL file of a distribution', MIB),
  /** RECORD of a distribution with 100,000 files has 12 MB. */
  fileList: metadata('the list of the files of a distribution', 128 * MIB),
  entryPoints: metadata('the entry points of a distribution', MIB),
  directUrl: metadata('the record of where a distribution came from', MIB),
  topLevel: metadata('the list of the import names of a distribution', MIB),
  requires: metadata('the list of the requirements of a distribution', MIB),
  pth: metadata('a path file', MIB),
  eggLink: metadata('an egg-link', 64 * KIB),
  finder: metadata('the import hook of an editable package', 16 * MIB),
  script: metadata('a script of a distribution', 16 * MIB),
  /** A file of a distribution that is searched for secrets. */
  possibleSecret: {
    what: 'a file of a distribution',
    code: 'SNAPSHOT_UNREADABLE',
    hint: REINSTALL,
    isBinary: true
  },
  pyvenv: {
    what: 'the configuration of a virtual environment',
    limit: MIB,
    code: 'SNAPSHOT_UNREADABLE',
    hint: 'Make the virtual environment again.'
  },
  shipIgnore: {
    what: 'the list of what stays home',
    limit: MIB,
    code: 'CODE_UNREADABLE',
    hint: 'Make it a text file that you can read, or delete it.'
  },
  gitIgnore: {
    what: 'the list of what git ignores',
    limit: 16 * MIB,
    code: 'CODE_UNREADABLE',
    hint: 'Make it a text file that you can read, or delete it.'
  },
  gitConfig: {
    what: 'the configuration of a git repository',
    limit: MIB,
    code: 'CODE_UNREADABLE',
    hint: 'Run git config --list there: it says what is wrong.'
  },
  settings: {
    what: 'the saved settings',
    limit: MIB,
    code: 'SETTINGS_INVALID',
    hint: 'Correct them under Settings > Ship env to cluster, or delete the file to start from the defaults.'
  },
  sparkDefaults: {
    what: "the properties of this machine's Spark",
    limit: MIB,
    code: 'SPARK_DEFAULTS_UNREADABLE',
    hint: 'Make it a text file that you can read, or name another folder with SPARK_CONF_DIR.'
  },
  certificates: {
    what: 'the file of certificates that AWS_CA_BUNDLE names',
    limit: 16 * MIB,
    code: 'SETTINGS_INVALID',
    hint: 'Name a file of certificates in the PEM format.'
  },
  /** A manifest of a thousand distributions has a few hundred KB. */
  targetNote: {
    what: 'a manifest or pointer file of the target',
    limit: 32 * MIB,
    code: 'TARGET_CONFLICT',
    hint: 'It is not a file that ship-env wrote. Move it away.',
    isBinary: true
  },
  /** A snapshot of 100,000 files has 20 MB. */
  cacheNote: { what: 'a note of the cache', limit: 1024 * MIB, ...CACHED },
  cacheFile: { what: 'a file of the cache', ...CACHED }
} as const satisfies Record<string, AnyFileKind>;
