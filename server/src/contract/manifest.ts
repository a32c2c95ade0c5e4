import * as z from 'zod';
import { POINTER_SCHEMA } from './pointer-name.js';

/** One distribution inside an artifact: the byte range of its segment and what it is. */
const manifestSegment = z.object({
  /** Wheel name as the PEX lists it: `numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.whl`. */
  wheel: z.string(),
  name: z.string(),
  version: z.string(),
  /** Hash of the uncompressed content and its layout. Equal keys may have other bytes in another format, or by another zlib. */
  key: z.string(),
  /** Byte range in the artifact. */
  offset: z.number().int().nonnegative(),
  length: z.number().int().nonnegative(),
  /** sha256 of those bytes, lower-case hex. */
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
  /** The head of the artifact: the same bytes in all artifacts of one release, one format and one Python. */
  head: z.object({ length: z.number().int().nonnegative(), sha256: z.string() }),
  /** In the order of the file. The first segment begins where the head ends; every other begins where the previous one ends. */
  segments: z.array(manifestSegment)
});

const pexManifest = common.extend({
  format: z.literal('pex'),
  /** Number of zip entries. An artifact with 65,535 entries or 4 GiB, or more, needs zip64. */
  entries: z.number().int().nonnegative()
});

const archiveManifest = common.extend({
  format: z.literal('archive'),
  /** Whether the archive contains the interpreter. If not, the node must have one at the path of the kernel's own. */
  hasInterpreter: z.boolean()
});

/**
 * `env-<hash>.json` beside the artifact: facts that all formats have, and a part for each format. Deterministic: no time,
 * no user, no path, so that two people who ship the same environment write the same bytes. An artifact without a manifest
 * counts as not there.
 */
export const manifest = z.discriminatedUnion('format', [pexManifest, archiveManifest]);
export type Manifest = z.infer<typeof manifest>;
/** The manifest of a PEX. */
export type PexManifest = z.infer<typeof pexManifest>;
/** The name of an artifact format. */
export type FormatName = Manifest['format'];

/** A code archive: the zip of one editable's importable tree. */
export interface CodeArchive {
  /** Distribution name of the editable. */
  readonly name: string;
  /** `<package>-<hash>.zip`. */
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Top-level import names in the archive. Workers drop these modules and their submodules from `sys.modules`. */
  readonly modules: string[];
}

/**
 * The pointer file: `ship-env-code-<sequence>-<hash>.json`, which a worker reads before each task to learn which code
 * archives are valid now (docs/architecture.md, "Code in a running session"). The sequence is decimal; the highest wins.
 * The hash is the beginning of the sha256 of the content: a worker compares it, and `bytes` of each archive, to recognise a
 * file that is still being fetched. The worker compares the `sha256` of an archive before it imports anything from the
 * archive (ship_env_code.py).
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
