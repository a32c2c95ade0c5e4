import * as z from 'zod';

/** A probe object was written, read back and deleted. */
const probed = z.object({
  url: z.string(),
  /** Milliseconds, each a round trip. */
  writeMs: z.number(),
  readMs: z.number(),
  deleteMs: z.number(),
  /** What the store lacks that would vouch for what it is sent: sentences for the person. */
  remarks: z.array(z.string()).optional()
});
export type Probed = z.infer<typeof probed>;

/** Nothing was tried: the directory is not there yet, and the first ship makes it. */
const notMadeYet = z.object({
  url: z.string(),
  /** The nearest directory above it that is there; it can be made in that one. */
  parent: z.string()
});

/** What `check` found. */
export const probe = z.union([probed, notMadeYet]);
export type Probe = z.infer<typeof probe>;

/** One artifact on a target, as `list` shows it. */
export const listedArtifact = z.object({
  id: z.string(),
  uri: z.string(),
  bytes: z.number(),
  /** A {@link FormatName}. */
  format: z.string(),
  python: z.string(),
  distributions: z.number(),
  /** ISO 8601. */
  modified: z.string(),
  /** Why it cannot be used: the artifact is gone, or the manifest is not one; then the numbers are zero and the words empty. */
  problem: z.string().optional()
});
export type ListedArtifact = z.infer<typeof listedArtifact>;

/** An object on a target, as `prune` names it. */
const prunedObject = z.object({
  name: z.string(),
  bytes: z.number(),
  /** ISO 8601. */
  modified: z.string()
});

/** What `prune` removed, or in a dry run would remove, and why the rest stays. */
export const pruned = z.object({
  url: z.string(),
  dryRun: z.boolean(),
  removed: z.array(prunedObject),
  removedBytes: z.number(),
  kept: z.array(prunedObject.extend({ reason: z.string() }))
});
export type Pruned = z.infer<typeof pruned>;
