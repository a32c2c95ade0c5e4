import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import type { Manifest, ManifestSegment } from '../contract/manifest.js';
import { ShipEnvError } from '../errors.js';
import { shHeader } from './pex/header.js';
import { withPexHash } from './pex/pex-info.js';
import { RUNTIME_NAME } from './pex/seed.js';
import type { Segment } from './segment.js';
import type { ArtifactPlan, PlannedSegment } from './types.js';
import { crc32 } from './zip/crc32.js';
import { OutputFile } from './zip/output-file.js';
import { DEFLATED, centralHeader, endRecords, localHeader, needsZip64End, type ZipEntry } from './zip/records.js';

/** What was written, as the manifest says it. */
export interface Assembled {
  readonly artifact: Manifest['artifact'];
  readonly segments: ManifestSegment[];
}

/**
 * Writes the artifact: sh header, boot code, segments, our runtime, PEX-INFO and `__main__.py`, central directory.
 * Segments are copied as they are, since a zip's local entries know nothing of their place.
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
  const { seed } = plan;
  const written: ManifestSegment[] = [];
  const whole = createHash('sha256');
  let bytes = 0;
  await OutputFile.create(path, 0o755, async file => {
    const archive = new Archive(file, whole);
    const last = Object.entries({
      '__pex__/__init__.py': Buffer.from(withPexHash(seed.importHook, seed, plan.pexHash)),
      [RUNTIME_NAME]: seed.runtime,
      'PEX-INFO': Buffer.from(plan.pexInfo),
      '__main__.py': Buffer.from(withPexHash(seed.main, seed, plan.pexHash))
    }).map(([name, data]) => storedEntry(name, data, name === '__main__.py' ? 0o100755 : 0o100644));
    await archive.bytes(shHeader(plan.interpreter, isZip64(segments, last, seed.bootstrap) ? plan.pexHash : undefined));
    await archive.entries(seed.bootstrap.entries, [seed.bootstrap.bytes]);
    for (const [index, segment] of segments.entries()) {
      const planned = plan.segments[index];
      if (planned === undefined) throw new RangeError('There are more segments than the plan has.');
      const offset = archive.position;
      const hash = createHash('sha256');
      await archive.entries(segment.entries, hashed(contentOf(segment), hash, signal));
      written.push(manifestRow(planned, { offset, length: archive.position - offset, sha256: hash.digest('hex') }));
    }
    for (const { entry, bytes: data } of last) await archive.entries([entry], [data]);
    await archive.finish(signal);
    bytes = archive.position;
  });
  return { artifact: { name: plan.name, bytes, sha256: whole.digest('hex') }, segments: written };
}

/** An archive that is written from front to back. */
class Archive {
  readonly #file: OutputFile;
  readonly #hash: Hash;
  readonly #directory: { entries: readonly ZipEntry[]; base: number }[] = [];

  constructor(file: OutputFile, hash: Hash) {
    this.#file = file;
    this.#hash = hash;
  }

  get position(): number {
    return this.#file.position;
  }

  async bytes(data: Buffer): Promise<void> {
    this.#hash.update(data);
    await this.#file.append(data);
  }

  /** Entries whose offsets count from here, and their bytes. */
  async entries(entries: readonly ZipEntry[], content: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
    this.#directory.push({ entries, base: this.position });
    for await (const data of content) await this.bytes(data);
  }

  async finish(signal: AbortSignal): Promise<void> {
    const offset = this.position;
    let count = 0;
    for (const { entries, base } of this.#directory) {
      signal.throwIfAborted();
      await this.bytes(Buffer.concat(entries.map(entry => centralHeader(entry, base))));
      count += entries.length;
    }
    await this.bytes(endRecords({ entries: count, offset, bytes: this.position - offset }));
  }
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

/** An entry of our own, compressed, and its bytes. */
function storedEntry(name: string, data: Buffer, mode: number): { entry: ZipEntry; bytes: Buffer } {
  const compressed = deflateRawSync(data);
  const header = {
    name,
    crc32: crc32(data),
    compressedSize: compressed.length,
    size: data.length,
    method: DEFLATED
  } as const;
  return { entry: { ...header, offset: 0, mode }, bytes: Buffer.concat([localHeader(header), compressed]) };
}

/** Will the archive need zip64 end records? The header must know before a byte of the rest is written. */
function isZip64(
  segments: readonly Segment[],
  last: readonly { bytes: Buffer }[],
  bootstrap: { bytes: Buffer; entries: readonly ZipEntry[] }
): boolean {
  // The header itself is smaller than this.
  const headerBytes = 8192;
  const offset = [...segments, ...last.map(({ bytes }) => ({ bytes: bytes.length }))].reduce(
    (sum, { bytes }) => sum + bytes,
    headerBytes + bootstrap.bytes.length
  );
  const entries = segments.reduce(
    (sum, segment) => sum + segment.entries.length,
    last.length + bootstrap.entries.length
  );
  return needsZip64End({ entries, offset, bytes: 0 });
}

function manifestRow(
  planned: PlannedSegment,
  range: Pick<ManifestSegment, 'offset' | 'length' | 'sha256'>
): ManifestSegment {
  const { wheel, name, version, key } = planned;
  return { wheel, name, version, key, ...range };
}
