import { expect, it } from 'vitest';
import { readLines } from '../ndjson.js';

function bodyOf(chunks: Uint8Array[], onCancel: () => void = () => undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: onCancel
  });
}

it('finds the same lines wherever the chunks are cut', async () => {
  const bytes = new TextEncoder().encode('{"a":"ü€"}\n\n{"b":1}');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lines = await Array.fromAsync(readLines(bodyOf([bytes.slice(0, cut), bytes.slice(cut)])));
    expect(lines).toEqual(['{"a":"ü€"}', '{"b":1}']);
  }
});

it('closes the connection when the reader stops early', async () => {
  let isCancelled = false;
  const body = bodyOf(
    [new TextEncoder().encode('1\n2\n'), new TextEncoder().encode('3\n')],
    () => (isCancelled = true)
  );
  for await (const line of readLines(body)) {
    expect(line).toBe('1');
    break;
  }
  expect(isCancelled).toBe(true);
});
