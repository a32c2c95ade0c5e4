import * as z from 'zod';

/** Digits of the hash in the name of a record: the beginning of the content's sha256. */
export const RECORD_HASH_DIGITS = 32;
/** The name of a record: a regular expression with groups for the time (UTC) and the hash. Names sort by time. */
export const RECORD_NAME = String.raw`ship-env-ship-([0-9]{8}T[0-9]{9}Z)-([0-9a-f]{${RECORD_HASH_DIGITS}})\.json`;

/** A record comes from other people, so its texts are short. */
const text = z.string().max(255);
const count = z.number().int().nonnegative();
const distribution = z.object({ name: text, version: text });

/** What is different from the record before: the one of the same person and the same environment. */
const changes = z.object({
  /** Name of the record before. */
  since: text,
  added: z.array(distribution),
  removed: z.array(distribution),
  /** The two versions are equal when the same version has other files now. */
  changed: z.array(z.object({ name: text, from: text, to: text })),
  /** Names of editables whose code is other code now, or that are new or gone. */
  code: z.array(text)
});

/**
 * `ship-env-ship-<time>-<hash>.json` beside the manifests: who shipped what, and when. A ship writes a record when it
 * changes what its person uses on this target. A record is immutable and never needed to run anything. It has no path
 * and nothing secret: the name of the environment's folder, and a hash that tells two environments apart.
 */
export const shipRecord = z.object({
  schema: z.literal(1),
  /** ISO 8601, by the clock of the machine that shipped. */
  at: z.iso.datetime(),
  by: z.object({ user: text, host: text, version: text }),
  environment: z.object({ name: text, key: z.string().regex(/^[0-9a-f]{16}$/u) }),
  artifact: z.object({
    id: z.string().regex(/^env-[0-9a-f]{20}$/u),
    format: text,
    bytes: count,
    python: text,
    distributions: count
  }),
  code: z.array(
    z.object({
      name: text,
      file: text,
      /** The commit that git had checked out; absent outside of a repository. */
      commit: z
        .string()
        .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u)
        .optional(),
      /** The code differs from that commit, or has files that the commit lacks. */
      isDirty: z.boolean().optional()
    })
  ),
  /** Name of the pointer file. */
  pointer: text.optional(),
  /** What this ship created is removed when the job ends. */
  isEphemeral: z.boolean().default(false),
  /** Absent when no record before was found, or when the manifest of its artifact is gone. */
  changes: changes.optional()
});
export type ShipRecord = z.infer<typeof shipRecord>;
export type ShipChanges = z.infer<typeof changes>;

/** One record, as `log` shows it. */
export const listedRecord = z.object({
  name: z.string(),
  /** Absent when the record cannot be read: then `problem` says why. */
  record: shipRecord.optional(),
  problem: z.string().optional()
});
export type ListedRecord = z.infer<typeof listedRecord>;
