import { readRange } from './read.js';
import type { Payload, Span, SpannedPayload } from './payload.js';

/** A payload as a sequence of spans: the payload itself when it has spans, else one span for the whole payload. */
export function spanned(payload: Payload | SpannedPayload): SpannedPayload {
  if ('spans' in payload) return payload;
  return {
    name: payload.name,
    maximalBytes: payload.bytes,
    isExecutable: payload.isExecutable,
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
