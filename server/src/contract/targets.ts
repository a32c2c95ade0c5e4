import * as z from 'zod';

/** A probe object was written, read back and deleted. */
const probed = z.object({
  url: z.string(),
  /** Milliseconds, each a round trip. */
  writeMs: z.number(),
  readMs: z.number(),
  deleteMs: z.number(),
  /** Sentences for the person about features that the store lacks to verify what it is sent. */
  remarks: z.array(z.string()).optional()
});
export type Probed = z.infer<typeof probed>;

/** Nothing was tried, because the directory does not exist yet. The first ship makes it. */
const notMadeYet = z.object({
  url: z.string(),
  /** The nearest directory above it that exists. The target's directory can be made there. */
  parent: z.string()
});

/** The result of `check`. */
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
  /** Why the artifact cannot be used: it is gone, or its manifest is invalid; then numbers are 0 and texts empty. */
  problem: z.string().optional(),
  /** What the person can do about it. */
  hint: z.string().optional()
});
export type ListedArtifact = z.infer<typeof listedArtifact>;

/** An object on a target, as `prune` and `remove` report it. */
const prunedObject = z.object({
  name: z.string(),
  bytes: z.number(),
  /** ISO 8601. */
  modified: z.string()
});

/** What `remove` removed, or would remove if it were no dry run. */
export const removed = z.object({
  url: z.string(),
  dryRun: z.boolean(),
  /** In the order of the removal. */
  removed: z.array(prunedObject),
  removedBytes: z.number()
});
export type Removed = z.infer<typeof removed>;

/** What `prune` removed, or would remove if it were no dry run, and why the other objects stay. */
export const pruned = z.object({
  url: z.string(),
  dryRun: z.boolean(),
  removed: z.array(prunedObject),
  removedBytes: z.number(),
  kept: z.array(prunedObject.extend({ reason: z.string() }))
});
export type Pruned = z.infer<typeof pruned>;
