import * as z from 'zod';
import { POINTER_NAME } from './pointer-name.js';

/** The name of a release, as a regular expression: it is a part of a file name, and a word on a command line. */
export const RELEASE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/u);

/**
 * `ship-env-release-<name>.json` on a target: an environment and its code under a name that a person chose. It is
 * written once and never changed. Deterministic, like a manifest: no time, no user, no path.
 */
export const release = z.object({
  schema: z.literal(1),
  name: z.string().regex(RELEASE_NAME),
  /** Id of the artifact: `env-<hash>`. */
  artifact: z.string().regex(/^env-[0-9a-f]{20}$/u),
  /** sha256 of the manifest's bytes. The manifest names the sha256 of the artifact. */
  manifestSha256: sha256,
  /** Name of the pointer file, which names the code archives by their sha256; null when no code belongs to it. */
  code: z
    .string()
    .regex(new RegExp(`^${POINTER_NAME}$`, 'u'))
    .nullable()
});
export type Release = z.infer<typeof release>;

/** One release on a target, as `list` shows it. */
export const listedRelease = z.object({
  name: z.string(),
  /** Id of the artifact, and name of the pointer file; both are empty when the release cannot be read. */
  artifact: z.string(),
  code: z.string(),
  /** ISO 8601. */
  modified: z.string(),
  /** Why the release cannot be used. */
  problem: z.string().optional(),
  /** What the person can do about it. */
  hint: z.string().optional()
});
export type ListedRelease = z.infer<typeof listedRelease>;
