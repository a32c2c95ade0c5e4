import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from '../../src/payloads/crc32.js';
import type { Span } from '../../src/payloads/payload.js';

/** A span in memory that counts the bytes that are read. */
export class Piece implements Span {
  readonly content: string | undefined;
  /** Its content when it was built, and its present content. */
  readonly #whole: Buffer;
  #now: Buffer;
  readBytes = 0;

  constructor(whole: Buffer, { isShared = true } = {}) {
    [this.#whole, this.#now] = [whole, whole];
    this.content = isShared ? `piece ${sha256(whole)}` : undefined;
  }

  get bytes(): number {
    return this.#whole.length;
  }

  get whole(): Buffer {
    return this.#whole;
  }

  read(into: Buffer, position: number): Promise<void> {
    this.readBytes += into.length;
    this.#now.copy(into, 0, position, position + into.length);
    return Promise.resolve();
  }

  check(found: number): Promise<void> {
    return found === crc32(this.#whole) ? Promise.resolve() : Promise.reject(new Error('The piece is damaged.'));
  }

  damage(at: number): void {
    this.#now = Buffer.from(this.#whole);
    this.#now.writeUInt8(this.#now.readUInt8(at) ^ 1, at);
  }

  repair(): void {
    this.#now = this.#whole;
  }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Content for a tail or a new distribution. */
export function fresh(bytes = 1024 * 1024): Piece {
  return new Piece(randomBytes(bytes), { isShared: false });
}

/** Where each piece stands in an artifact of these pieces; without those that no other artifact shares. */
export function offsetsOf(pieces: readonly Piece[]): Map<string, number> {
  const offsets = new Map<string, number>();
  let offset = 0;
  for (const { content, bytes } of pieces) {
    if (content !== undefined) offsets.set(content, offset);
    offset += bytes;
  }
  return offsets;
}
