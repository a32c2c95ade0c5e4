/**
 * Frames between the sidecar and its helper in Java (hadoop/helper): requests one way, answers the other.
 *
 * A frame is a length (of the rest), a number, a count of texts, the texts, each with its length before it in UTF-8, and
 * bytes up to the end. Lengths, number and count are unsigned 32-bit integers, big-endian.
 */

/** A request, or the answer to the request of the same number. */
export interface Frame {
  readonly number: number;
  readonly texts: readonly string[];
  readonly bytes: Buffer;
}

const INTEGER_BYTES = 4;
/** No answer is longer: the list of a folder with a million files has about 100 MiB. */
const MOST_BYTES = 1024 * 1024 * 1024;

/** Writes a frame; the given bytes are copied. */
export function encodeFrame({ number, texts, bytes }: Frame): Buffer {
  const encoded = texts.map(text => Buffer.from(text, 'utf8'));
  const textBytes = encoded.reduce((sum, { length }) => sum + INTEGER_BYTES + length, 0);
  const frame = Buffer.allocUnsafe(3 * INTEGER_BYTES + textBytes + bytes.length);
  let at = frame.writeUInt32BE(frame.length - INTEGER_BYTES, 0);
  at = frame.writeUInt32BE(number, at);
  at = frame.writeUInt32BE(texts.length, at);
  for (const text of encoded) {
    at = frame.writeUInt32BE(text.length, at);
    at += text.copy(frame, at);
  }
  bytes.copy(frame, at);
  return frame;
}

/** Finds the frames in a stream of bytes. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes that must be there before anything is read. */
  #wanted = INTEGER_BYTES;

  /** Takes the next bytes. @returns the frames that they complete; their bytes may share memory with the chunk */
  take(chunk: Uint8Array): Frame[] {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#held += chunk.byteLength;
    const frames: Frame[] = [];
    while (this.#held >= this.#wanted) {
      const [only, second] = this.#chunks;
      const held = only !== undefined && second === undefined ? only : Buffer.concat(this.#chunks);
      const end = INTEGER_BYTES + held.readUInt32BE(0);
      if (end > MOST_BYTES) throw new RangeError(`A frame of ${end} bytes: this is no frame.`);
      if (held.length >= end) frames.push(decode(held.subarray(INTEGER_BYTES, end)));
      const rest = held.length >= end ? held.subarray(end) : held;
      this.#chunks = [rest];
      this.#held = rest.length;
      this.#wanted = held.length >= end ? INTEGER_BYTES : end;
    }
    return frames;
  }
}

function decode(frame: Buffer): Frame {
  const number = frame.readUInt32BE(0);
  const count = frame.readUInt32BE(INTEGER_BYTES);
  const texts: string[] = [];
  let at = 2 * INTEGER_BYTES;
  for (let index = 0; index < count; index += 1) {
    const start = at + INTEGER_BYTES;
    const end = start + frame.readUInt32BE(at);
    if (end > frame.length) throw new RangeError('A text ends behind its frame: this is no frame.');
    texts.push(frame.toString('utf8', start, end));
    at = end;
  }
  return { number, texts, bytes: frame.subarray(at) };
}
