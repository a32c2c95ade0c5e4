import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { planContent } from '../../../src/content/plan.js';
import type { Snapshot } from '../../../src/contract/snapshot.js';
import { takeSnapshot } from '../../../src/environment/index.js';
import { planArchive } from '../../../src/formats/archive/plan.js';
import type { ArtifactPlan } from '../../../src/formats/format.js';
import type { Cache } from '../../../src/system/cache/cache.js';
import { NEVER, buildArtifact, type Made } from '../fixtures.js';

/** Options of a test about an archive. */
export interface ArchiveOptions {
  readonly cache: Cache;
  readonly includeInterpreter?: boolean;
}

export async function planOf(
  snapshot: Snapshot,
  { cache, includeInterpreter = false }: ArchiveOptions
): Promise<ArtifactPlan> {
  const content = await planContent(snapshot, { excludes: [], includeSpark: false, cache, signal: NEVER });
  return planArchive(content, { cache, signal: NEVER, includeInterpreter });
}

/** Builds the archive of an environment into a new file. */
export async function assemble(snapshot: Snapshot, path: string, options: ArchiveOptions): Promise<Made> {
  const plan = await planOf(snapshot, options);
  const built = await buildArtifact(plan, { cache: options.cache, signal: NEVER });
  await pipeline(built.payload.open(), createWriteStream(path, { flags: 'wx' }));
  return { path, plan, built, snapshot };
}

/** The same for the environment of a python. */
export async function archiveOf(python: string, path: string, options: ArchiveOptions): Promise<Made> {
  return assemble(await takeSnapshot({ python, cache: options.cache, signal: NEVER }), path, options);
}

/** Unpacks with GNU tar, like Spark and YARN. */
export async function unpack(path: string, folder: string): Promise<void> {
  await mkdir(folder);
  await execa('tar', ['-xzf', path, '-C', folder]);
}
