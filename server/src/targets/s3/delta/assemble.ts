import { CopyRefused } from './copy.js';
import { PartPlanner } from './part-plan.js';
import { putObject } from '../objects/put.js';
import type { S3Store } from '../store/store.js';
import { verifyObject } from '../objects/verify.js';
import type { WriteResult } from '../objects/writer.js';
import type { SpannedPayload } from '../../../payloads/payload.js';
import type { Arrival, WriteOptions, Holding } from '../../target.js';

/**
 * Writes an artifact. The store copies the bytes that earlier artifacts hold; when that fails, the whole artifact is
 * sent.
 *
 * @returns undefined when an object of that name exists
 */
export async function assembleObject(
  store: S3Store,
  artifact: SpannedPayload,
  options: WriteOptions
): Promise<Arrival | undefined> {
  const { sources, refusal } = await sourcesFor(store, options);
  if (sources.length === 0) return sendAll(store, artifact, options, refusal);
  try {
    return arrival(store, artifact, await putObject(store, artifact, sources, options));
  } catch (error) {
    if (!(error instanceof CopyRefused)) throw error;
    if (error.isLasting) store.features.lacks('copies', error.message);
    // The copies may have taken minutes, so the name may be taken by now.
    return sendAll(store, artifact, { ...options, isFree: false }, error.message);
  }
}

/** How many bytes {@link assembleObject} would send and copy now. */
export async function estimateObject(
  store: S3Store,
  artifact: SpannedPayload,
  options: WriteOptions
): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>> {
  const { sources } = await sourcesFor(store, options);
  const planner = new PartPlanner(sources, artifact.maximalBytes);
  const parts = [];
  for await (const span of artifact.spans()) parts.push(...planner.add(span));
  parts.push(...planner.end());
  let [sentBytes, copiedBytes] = [0, 0];
  for (const { start, end, copy } of parts) {
    if (copy === undefined) sentBytes += end - start;
    else copiedBytes += end - start;
  }
  return { sentBytes, copiedBytes };
}

async function sourcesFor(
  store: S3Store,
  { reuse }: WriteOptions
): Promise<{ sources: readonly Holding[]; refusal: string | undefined }> {
  if (reuse === undefined) return { sources: [], refusal: undefined };
  const refusal = store.features.whyNot('copies');
  return { sources: refusal === undefined ? await reuse() : [], refusal };
}

async function sendAll(
  store: S3Store,
  artifact: SpannedPayload,
  options: WriteOptions,
  fullUpload: string | undefined
): Promise<Arrival | undefined> {
  return arrival(store, artifact, await putObject(store, artifact, [], options), fullUpload);
}

function arrival(
  store: S3Store,
  { name }: SpannedPayload,
  written: WriteResult | undefined,
  fullUpload?: string
): Arrival | undefined {
  if (written === undefined) return undefined;
  const { bytes, sha256, sentBytes, copiedBytes } = written;
  return {
    ...{ bytes, sha256, sentBytes, copiedBytes, fullUpload },
    verify: signal => verifyObject(store, { name, ...written }, signal)
  };
}
