import * as z from 'zod';

/** What a fixed script in the interpreter reports; cached by the interpreter's identity (path, size, mtime). */
export const interpreter = z.object({
  /** Absolute path of the kernel python as it was given: the venv's `bin/python`. Links are not resolved. */
  executable: z.string(),
  /** `sys.implementation.name`: `cpython`, `pypy`. */
  implementation: z.string(),
  /** `platform.python_version()`: `3.11.7`. */
  version: z.string(),
  /** `3.11`: the version that the nodes must have. */
  minor: z.string(),
  /** The PEP 425 interpreter tag, `cp311`, and ABI tag, `cp311` or `cp313t`. */
  pythonTag: z.string(),
  abiTag: z.string(),
  /** `sysconfig.get_platform()` as in a PEP 425 tag: `linux_x86_64`. */
  platformTag: z.string(),
  /** The environment (`sys.prefix`) and the installation that it was made from (`sys.base_prefix`). */
  prefix: z.string(),
  basePrefix: z.string(),
  /** Directories that are searched for distributions, the environment's own layer first. */
  siteDirectories: z.array(z.object({ path: z.string(), layer: z.enum(['environment', 'base']) }))
});
export type Interpreter = z.infer<typeof interpreter>;

/** A file of a distribution that ships. `.pyc` files and installer notes (INSTALLER, REQUESTED, direct_url.json) do not. */
const distributionFile = z.object({
  /** Path relative to the site directory, `/`-separated, as in RECORD: may begin with `../../../bin/`. */
  path: z.string(),
  /** Bytes on disk now. */
  size: z.number().int().nonnegative(),
  /** sha256 of the content on disk now, lower-case hex. It is RECORD's when the stat proves that still valid, else computed. */
  sha256: z.string(),
  /** Whether any execute bit is set. */
  executable: z.boolean()
});
export type DistributionFile = z.infer<typeof distributionFile>;

/** Where a distribution came from, when its direct_url.json (PEP 610) says so. */
export const origin = z.object({
  kind: z.enum(['vcs', 'archive', 'directory']),
  /** The URL without user name and password. */
  url: z.string(),
  /** Commit id or archive hash, when direct_url.json has one. */
  revision: z.string().optional()
});
export type Origin = z.infer<typeof origin>;

/** A file of a distribution that probably nobody meant to ship. */
export const suspect = z.object({
  kind: z.enum(['secret', 'outside-link']),
  /** Relative to the site directory. */
  path: z.string(),
  /** The absolute path that an outside link leads to; empty for a secret. */
  target: z.string()
});

export const distribution = z.object({
  /** Name as METADATA spells it, and its PEP 503 normal form. */
  name: z.string(),
  normalizedName: z.string(),
  version: z.string(),
  /** `dist-info` or `egg-info`. */
  metadataKind: z.enum(['dist-info', 'egg-info']),
  /** Absolute path of the site directory that `files` are relative to. */
  location: z.string(),
  /** Directory or file name of the metadata inside `location`: `numpy-2.1.0.dist-info`. */
  metadataName: z.string(),
  layer: z.enum(['environment', 'base']),
  /**
   * `Tag:` lines of WHEEL, in their order. When WHEEL has none: `['py3-none-any']`, or the interpreter's own tag if a file
   * is a compiled extension.
   */
  tags: z.array(z.string()),
  /** `Root-Is-Purelib` of WHEEL. Without a WHEEL, true when no file is a compiled extension. */
  rootIsPurelib: z.boolean(),
  /** `Requires-Dist` lines of METADATA, unparsed (PEP 508). */
  requires: z.array(z.string()),
  origin: origin.optional(),
  /** Files that stop a ship unless they are allowed: possible secrets, and links that lead out of the environment. */
  suspects: z.array(suspect),
  /** Sorted by path. */
  files: z.array(distributionFile)
});
export type Distribution = z.infer<typeof distribution>;

/** A distribution whose code lives in a source folder. */
export const editable = z.object({
  name: z.string(),
  normalizedName: z.string(),
  version: z.string(),
  /** How the editable was recognised. */
  kind: z.enum(['pep660-finder', 'pth', 'egg-link', 'direct-url']),
  /** Absolute path of the project folder (direct_url.json, egg-link); when unknown, the folder of the first root. */
  projectDirectory: z.string(),
  /**
   * What Python can import because of the editable: where the code lies, and its dotted name. `importName` is empty when
   * the whole folder is on `sys.path` (a `.pth` line): then the folder's top-level entries are importable.
   */
  roots: z.array(z.object({ path: z.string(), importName: z.string() })),
  requires: z.array(z.string()),
  /** Text of entry_points.txt; empty when there is no such file. */
  entryPoints: z.string()
});
export type Editable = z.infer<typeof editable>;

/** Something in the snapshot that the person should know. */
export const finding = z.object({
  kind: z.enum([
    'patched-file',
    'missing-file',
    'refused-file',
    'outside-link',
    'shared-file',
    'unusable-file',
    'refused-distribution',
    'refused-import-name',
    'missing-record',
    'duplicate-distribution',
    'editable-folder-gone',
    'refused-editable',
    'editable-compiled-extension',
    'unowned-module',
    'large-code-archive',
    'git-unusable',
    'missing-dependency',
    'unmatched-exclude',
    'spark-version',
    'spark-defaults',
    'full-upload',
    'read-back',
    'staged-keys',
    'memory-overhead',
    'zip64-artifact',
    'node-python',
    'no-record'
  ]),
  /** The distribution, editable or file that the finding is about. */
  subject: z.string(),
  /** One sentence for the person. */
  message: z.string()
});
export type Finding = z.infer<typeof finding>;

/** Plain data that says what the kernel python holds now. */
export const snapshot = z.object({
  interpreter,
  /** Sorted by normalized name, without editables. The environment's layer wins over the base's. */
  distributions: z.array(distribution),
  /** Sorted by normalized name. */
  editables: z.array(editable),
  findings: z.array(finding)
});
export type Snapshot = z.infer<typeof snapshot>;
