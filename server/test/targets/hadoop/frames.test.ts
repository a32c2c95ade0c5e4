import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, encodeFrame, type Frame } from '../../../src/targets/hadoop/frames.js';

const frame = fc.record({
  number: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  texts: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }),
  bytes: fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes))
});

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 5 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encodeFrame));
        const reader = new FrameReader();
        const read: Frame[] = [];
        for (let at = 0; at < stream.length;) {
          const end = at + Number(cuts.next().value);
          read.push(...reader.take(stream.subarray(at, end)));
          at = end;
        }
        expect(read).toEqual(frames);
      }
    )
  );
});

test('the bytes of a request are copied', () => {
  const bytes = Buffer.from('abc');
  const encoded = encodeFrame({ number: 1, texts: ['append'], bytes });
  bytes.fill(0);
  expect(new FrameReader().take(encoded)[0]?.bytes.toString()).toBe('abc');
});

test('what is no frame is refused', () => {
  expect(() => new FrameReader().take(Buffer.from('Error: Could not find or load main class'))).toThrow('no frame');
  const text = encodeFrame({ number: 1, texts: ['abc'], bytes: Buffer.alloc(0) });
  text.writeUInt32BE(1000, 12);
  expect(() => new FrameReader().take(text)).toThrow('no frame');
});
