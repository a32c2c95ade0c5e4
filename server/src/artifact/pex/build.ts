import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import type { Cache } from '../../cache/cache.js';
import { manifest, type Manifest } from '../../contract/manifest.js';
import { hasCode } from '../../errors.js';
import { assemble } from '../assemble.js';
import { manifestBytes, manifestName, manifestOf } from '../manifest.js';
import { bufferPayload, filePayload } from '../payload.js';
import { readSegment, writeSegment, type Segment } from '../segment.js';
import type { ArtifactPlan, BuildOptions, BuiltArtifact, PlannedSegment } from '../types.js';

/** Zlib runs in Node's pool of four threads; more distributions at a time would only hold memory. */
const PARALLEL_SEGMENTS = Math.min(4, availableParallelism());

/** Builds a PEX in the cache; see `buildArtifact`. */
export async function buildPex(plan: ArtifactPlan, options: BuildOptions): Promise<BuiltArtifact> {
  const { cache, signal } = options;
  signal.throwIfAborted();
  return (
    (await cached(plan, cache)) ??
    // Someone else may have built it while we waited for the lock.
    (await cache.exclusively(plan.id, signal, async () => (await cached(plan, cache)) ?? (await build(plan, options))))
  );
}

async function cached(plan: ArtifactPlan, cache: Cache): Promise<BuiltArtifact | undefined> {
  const path = await cache.find('artifacts', plan.name);
  const manifestPath = await cache.find('artifacts', manifestName(plan.id));
  if (path === undefined || manifestPath === undefined) return undefined;
  const known = manifest.safeParse(parseJson(await readFile(manifestPath, 'utf8')));
  // A damaged file is as good as none; it is built again.
  if (!known.success || known.data.id !== plan.id || (await sizeOf(path)) !== known.data.artifact.bytes)
    return undefined;
  return built(plan, path, known.data, plan.segments.length);
}

async function build(plan: ArtifactPlan, options: BuildOptions): Promise<BuiltArtifact> {
  const { cache, signal } = options;
  const { segments, reused } = await ensureSegments(plan, options);
  // Under the lock: an artifact without its manifest is what a killed process left.
  await rm(cache.path('artifacts', plan.name), { force: true });
  await rm(cache.path('artifacts', manifestName(plan.id)), { force: true });
  let known: Manifest | undefined;
  const { path } = await cache.entry('artifacts', plan.name, async temporary => {
    known = manifestOf(plan, await assemble(temporary, plan, segments, signal));
  });
  if (known === undefined) throw new Error(`${plan.name} appeared in the cache while it was locked.`);
  await writeManifest(cache, known);
  return built(plan, path, known, reused);
}

/** All segments of a plan, compressed now or found in the cache. When one fails the others stop. */
async function ensureSegments(
  plan: ArtifactPlan,
  options: BuildOptions
): Promise<{ segments: Segment[]; reused: number }> {
  const { cache, onProgress } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const limit = pLimit(PARALLEL_SEGMENTS);
  const totalBytes = plan.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  let reused = 0;
  let detail = '';
  const progress = (bytes: number): void => {
    doneBytes += bytes;
    onProgress?.({ doneBytes, totalBytes, detail });
  };
  const ensure = async (segment: PlannedSegment): Promise<Segment> => {
    signal.throwIfAborted();
    const entry = await cache.entry('segments', segment.key, path =>
      writeSegment(path, segment, { signal, onBytes: progress })
    );
    detail = `${segment.name} ${segment.version}`;
    if (entry.reused) reused += 1;
    progress(entry.reused ? segment.bytes : 0);
    return readSegment(entry.path);
  };
  const outcomes = await Promise.allSettled(
    plan.segments.map(segment =>
      limit(() =>
        ensure(segment).catch((error: unknown) => {
          failed.abort(error);
          throw error;
        })
      )
    )
  );
  options.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return { segments: outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : [])), reused };
}

async function writeManifest(cache: Cache, value: Manifest): Promise<void> {
  await cache.entry('artifacts', manifestName(value.id), path => writeFile(path, manifestBytes(value)));
}

function built(plan: ArtifactPlan, path: string, known: Manifest, reusedSegments: number): BuiltArtifact {
  return {
    id: plan.id,
    payload: filePayload(path, known.artifact),
    manifest: known,
    manifestPayload: bufferPayload(manifestName(plan.id), manifestBytes(known)),
    reusedSegments,
    builtSegments: plan.segments.length - reusedSegments
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
