import { readRange } from './read.js';
import type { Payload, Span, SpannedPayload } from '../targets/target.js';

/** Any payload as one whose bytes are known from the first to the last: of one span. */
export function spanned(payload: Payload): SpannedPayload {
  return {
    name: payload.name,
    maximalBytes: payload.bytes,
    spans: () => only(spanOf(payload)),
    promised: payload
  };
}

function spanOf(payload: Payload): Span {
  return {
    bytes: payload.bytes,
    content: undefined,
    read: async (into, position) => {
      (await readRange(payload, position, position + into.length)).copy(into);
    },
    check: () => Promise.resolve()
  };
}

async function* only(span: Span): AsyncGenerator<Span> {
  yield await Promise.resolve(span);
}
