import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Manifest, ManifestSegment } from '../contract/manifest.js';
import { ShipEnvError } from '../errors.js';
import { headOf } from './pex/head.js';
import { tailOf, type PlacedSegment } from './pex/tail.js';
import type { Segment } from './segment.js';
import type { ArtifactPlan, PlannedSegment } from './types.js';
import { OutputFile } from './zip/output-file.js';

/** What was written, as the manifest says it. */
export type Assembled = Pick<Manifest, 'artifact' | 'head' | 'segments'>;

/**
 * Writes the artifact: head, segments, tail. Segments are copied as they are, since a zip's local entries know nothing
 * of their place.
 *
 * @param segments - of `plan.segments`, in that order
 * @throws the signal's reason
 */
export async function assemble(
  path: string,
  plan: ArtifactPlan,
  segments: readonly Segment[],
  signal: AbortSignal
): Promise<Assembled> {
  const rows: ManifestSegment[] = [];
  const placed: PlacedSegment[] = [];
  const whole = createHash('sha256');
  const head = headOf(plan);
  let bytes = 0;
  await OutputFile.create(path, 0o755, async file => {
    const append = async (data: Buffer): Promise<void> => {
      whole.update(data);
      await file.append(data);
    };
    await append(head.bytes);
    for (const [index, segment] of segments.entries()) {
      const planned = plan.segments[index];
      if (planned === undefined) throw new RangeError('There are more segments than the plan has.');
      const offset = file.position;
      const hash = createHash('sha256');
      for await (const data of hashed(contentOf(segment), hash, signal)) await append(data);
      const length = file.position - offset;
      placed.push({ planned, offset, length, entries: segment.entries });
      rows.push(manifestRow(planned, { offset, length, sha256: hash.digest('hex') }));
    }
    await append(tailOf(plan, head, placed, file.position));
    bytes = file.position;
  });
  return {
    artifact: { name: plan.name, bytes, sha256: whole.digest('hex') },
    head: { length: head.bytes.length, sha256: createHash('sha256').update(head.bytes).digest('hex') },
    segments: rows
  };
}

async function* contentOf(segment: Segment): AsyncIterable<Buffer> {
  let left = segment.bytes;
  const stream = createReadStream(segment.path, { end: segment.bytes - 1, highWaterMark: 1024 * 1024 });
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('A read stream without an encoding gives buffers.');
    left -= chunk.length;
    yield chunk;
  }
  if (left === 0) return;
  throw new ShipEnvError('CACHE_UNUSABLE', `The cached segment ${segment.path} ended ${left} bytes early.`, {
    hint: 'Delete this file, or the whole cache folder, and ship again.'
  });
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash, signal: AbortSignal): AsyncIterable<Buffer> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    hash.update(chunk);
    yield chunk;
  }
}

function manifestRow(
  planned: PlannedSegment,
  range: Pick<ManifestSegment, 'offset' | 'length' | 'sha256'>
): ManifestSegment {
  const { wheel, name, version, key } = planned;
  return { wheel, name, version, key, ...range };
}
