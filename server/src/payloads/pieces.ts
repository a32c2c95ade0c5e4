import type { SpannedPayload } from './payload.js';
import type { SpanReader } from './span-reader.js';

/**
 * All bytes of a payload, front to back, in pieces of a few MiB. A piece is valid until two more have been read.
 *
 * @param reader - a new one: it knows the position and, at the end, the digest
 */
export async function* piecesOf(
  payload: SpannedPayload,
  reader: SpanReader,
  signal: AbortSignal
): AsyncGenerator<Buffer> {
  let end = 0;
  for await (const span of payload.spans()) {
    reader.add(span);
    end += span.bytes;
    yield* reader.pieces(end, signal);
  }
}
