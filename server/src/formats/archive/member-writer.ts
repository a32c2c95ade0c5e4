import { createHash } from 'node:crypto';
import { deflateAside, PIECE_BYTES } from '../../content/segments/zip/deflate.js';
import type { OutputFile } from '../../content/segments/zip/output-file.js';
import { DEFLATED, type ZipEntry } from '../../content/segments/zip/records.js';
import { crc32 } from '../../payloads/crc32.js';
import { MEMBER_HEADER, memberTrailer, storedBlocks } from './gzip.js';

/** So many pieces are compressed before the first one of them is written: enough to keep all cores busy. */
const AHEAD = 3;

/**
 * Writes the content of a tar file as gzip members. Some are compressed here, others are copied in their compressed
 * form.
 */
export class MemberWriter {
  readonly #file: OutputFile;
  readonly #sha256 = createHash('sha256');
  #crc32 = 0;
  /** The content of the next member. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Members that are being compressed. */
  readonly #members: Promise<readonly Buffer[]>[] = [];

  constructor(file: OutputFile) {
    this.#file = file;
  }

  /** Adds content, which is compressed together with its neighbours. The caller must not change it afterwards. */
  async add(content: Buffer): Promise<void> {
    for (let at = 0; at < content.length;) {
      const piece = content.subarray(at, at + PIECE_BYTES - this.#waitingBytes);
      this.#waiting.push(piece);
      this.#waitingBytes += piece.length;
      at += piece.length;
      if (this.#waitingBytes === PIECE_BYTES) await this.#compress();
    }
  }

  /** Copies the data of a zip entry into a member of its own. @param pieces - the data, `compressedSize` bytes */
  async copy(pieces: AsyncIterable<Buffer>, entry: Pick<ZipEntry, 'method' | 'crc32' | 'size'>): Promise<void> {
    await this.#compress();
    await this.#write(0);
    await this.#append(MEMBER_HEADER);
    if (entry.method === DEFLATED) for await (const piece of pieces) await this.#append(piece);
    else await this.#store(pieces, entry.size);
    await this.#append(memberTrailer(entry.crc32, entry.size));
  }

  /** Writes the rest; call it last. @returns digests of all bytes that were written */
  async end(): Promise<{ sha256: string; crc32: number }> {
    await this.#compress();
    await this.#write(0);
    return { sha256: this.#sha256.digest('hex'), crc32: this.#crc32 };
  }

  async #store(pieces: AsyncIterable<Buffer>, size: number): Promise<void> {
    let left = size;
    for await (const piece of pieces) {
      left -= piece.length;
      for (const bytes of storedBlocks(piece, { isLast: left === 0 })) await this.#append(bytes);
    }
  }

  async #compress(): Promise<void> {
    if (this.#waitingBytes === 0) return;
    const content = Buffer.concat(this.#waiting);
    [this.#waiting, this.#waitingBytes] = [[], 0];
    const member = deflateAside(content).then(data => [
      MEMBER_HEADER,
      data,
      memberTrailer(crc32(content), content.length)
    ]);
    // A rejection is handled when the member is written.
    member.catch(() => undefined);
    this.#members.push(member);
    await this.#write(AHEAD);
  }

  /** Writes members until only `left` of them wait. */
  async #write(left: number): Promise<void> {
    while (this.#members.length > left)
      for (const bytes of (await this.#members.shift()) ?? []) await this.#append(bytes);
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#sha256.update(bytes);
    this.#crc32 = crc32(bytes, this.#crc32);
    await this.#file.append(bytes);
  }
}
