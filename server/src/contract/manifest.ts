import * as z from 'zod';
import { POINTER_SCHEMA } from './pointer-name.js';

/** One distribution inside an artifact: the byte range of its segment and what it is. */
export const manifestSegment = z.object({
  /** Wheel name as the PEX lists it: `numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.whl`. */
  wheel: z.string(),
  name: z.string(),
  version: z.string(),
  /** Content hash that names the segment in any cache: same key, same bytes. */
  key: z.string(),
  /** Byte range in the artifact. */
  offset: z.number().int().nonnegative(),
  length: z.number().int().nonnegative(),
  /** Of those bytes. */
  sha256: z.string()
});
export type ManifestSegment = z.infer<typeof manifestSegment>;

/** What every manifest says, whatever the format of its artifact. */
const common = z.object({
  schema: z.literal(1),
  id: z.string(),
  format: z.string(),
  artifact: z.object({ name: z.string(), bytes: z.number().int().nonnegative(), sha256: z.string() }),
  python: z.object({
    implementation: z.string(),
    minor: z.string(),
    pythonTag: z.string(),
    abiTag: z.string(),
    platformTag: z.string()
  }),
  /** What the artifact begins with: the same bytes in all artifacts of one release, one format and one Python. */
  head: z.object({ length: z.number().int().nonnegative(), sha256: z.string() }),
  /** In the order of the file; the first begins where the head ends, and each where the one before it ends. */
  segments: z.array(manifestSegment)
});

const pexManifest = common.extend({
  format: z.literal('pex'),
  /** Zip entries in all: from 65,535 on, or from 4 GiB on, only zip64 can name them. */
  entries: z.number().int().nonnegative()
});

const archiveManifest = common.extend({
  format: z.literal('archive'),
  /** The interpreter itself is inside; else the node must have one where the kernel's own lies. */
  hasInterpreter: z.boolean()
});

/**
 * `env-<hash>.json` beside the artifact: facts that all formats have, and a part for each format. Deterministic: no time,
 * no user, no path, so that two people who ship the same environment write the same bytes. An artifact whose manifest is
 * not there yet is not there.
 */
export const manifest = z.discriminatedUnion('format', [pexManifest, archiveManifest]);
export type Manifest = z.infer<typeof manifest>;
/** The manifest of a PEX. */
export type PexManifest = z.infer<typeof pexManifest>;
/** The name of an artifact format. */
export type FormatName = Manifest['format'];

/** A code archive: the zip of one editable's importable tree. */
export const codeArchive = z.object({
  /** Distribution name of the editable. */
  name: z.string(),
  /** `<package>-<hash>.zip`. */
  fileName: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
  /** Top-level import names in the archive; the workers drop these, and what is below them, from `sys.modules`. */
  modules: z.array(z.string())
});
export type CodeArchive = z.infer<typeof codeArchive>;

/**
 * The pointer file: `ship-env-code-<sequence>-<hash>.json`, which a worker reads before each task to learn which code
 * archives hold (docs/architecture.md, "Code in a running session"). The sequence is decimal; the highest wins. The
 * hash begins the sha256 of the content: with it, and with `bytes`, a worker knows a file that is still being fetched.
 * The `sha256` of each archive is what the worker compares before it imports anything of it (ship_env_code.py).
 */
export const codePointer = z.object({
  schema: z.literal(POINTER_SCHEMA),
  archives: z.array(
    z.object({
      file: z.string(),
      bytes: z.number().int().nonnegative(),
      sha256: z.string(),
      modules: z.array(z.string())
    })
  )
});
export type CodePointer = z.infer<typeof codePointer>;
