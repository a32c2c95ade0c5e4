import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DigestMemory } from '../../../src/payloads/digest-memory.js';
import type { Span } from '../../../src/payloads/payload.js';
import { SliceObserver, knownSlices, slicesOf } from '../../../src/targets/s3/delta/slices.js';

const MIB = 1024 * 1024;

/** A span of 12 MiB has two slices: of 5 and of 7 MiB. */
const data = Buffer.alloc(12 * MIB);
for (let at = 0; at < data.length; at += 4096) data.writeUInt32LE(at, at);
const span = { bytes: data.length, content: 'a' } as Span;
const md5 = (start: number, end: number): string => createHash('md5').update(data.subarray(start, end)).digest('hex');
const MD5S = [md5(0, 5 * MIB), md5(5 * MIB, 12 * MIB)];

function known(of: Pick<Span, 'bytes' | 'content'>, memory: DigestMemory | undefined): (string | undefined)[] {
  return knownSlices(of, memory).map(slice => slice.md5);
}

/** Reads the span in pieces of so many MiB. */
function readWhole(observer: SliceObserver, read: Span = span, pieceMib = 3): void {
  for (let at = 0; at < read.bytes; at += pieceMib * MIB) {
    observer.take(read, at, data.subarray(at, Math.min(at + pieceMib * MIB, read.bytes)));
  }
}

test('a short slice comes first, and the rest is even', () => {
  expect(slicesOf(10 * MIB - 1)).toEqual([10 * MIB - 1]);
  expect(slicesOf(10 * MIB)).toEqual([5 * MIB, 5 * MIB]);
  expect(slicesOf(69 * MIB)).toEqual([5 * MIB, 64 * MIB]);
  expect(slicesOf(70 * MIB)).toEqual([5 * MIB, 32.5 * MIB, 32.5 * MIB]);
  expect(slicesOf(69 * MIB + 1)).toEqual([5 * MIB, 32 * MIB, 32 * MIB + 1]);
});

describe('the digests of slices', () => {
  test.each([1, 3, 5, 12])('are known once the span was read, in pieces of %d MiB, and found undamaged', pieceMib => {
    const memory = new DigestMemory();
    const observer = new SliceObserver(memory);
    readWhole(observer, span, pieceMib);
    expect(known(span, memory)).toEqual([undefined, undefined]);
    observer.checked(span);
    expect(known(span, memory)).toEqual(MD5S);
    expect(knownSlices(span, memory).map(({ bytes }) => bytes)).toEqual([5 * MIB, 7 * MIB]);
  });

  test('are those of each span, read one after the other', () => {
    const memory = new DigestMemory();
    const observer = new SliceObserver(memory);
    const short = { bytes: MIB, content: 'b' } as Span;
    for (const read of [span, short]) {
      readWhole(observer, read);
      observer.checked(read);
    }
    expect([known(span, memory), known(short, memory)]).toEqual([MD5S, [md5(0, MIB)]]);
  });

  test.each<[string, (observer: SliceObserver) => void]>([
    ['was read in part', observer => observer.take(span, 0, data.subarray(0, 7 * MIB))],
    ['was read to the end of a slice', observer => observer.take(span, 0, data.subarray(0, 5 * MIB))],
    [
      'was read with a gap',
      observer => {
        observer.take(span, 0, data.subarray(0, 5 * MIB));
        observer.take(span, 6 * MIB, data.subarray(5 * MIB));
      }
    ],
    [
      'was read in part, and another one from there on',
      observer => {
        observer.take(span, 0, data.subarray(0, 5 * MIB));
        observer.take({ ...span, content: 'b' }, 5 * MIB, data.subarray(5 * MIB));
      }
    ],
    ['was read from its middle', observer => observer.take(span, 5 * MIB, data.subarray(5 * MIB))]
  ])('are not known when the span %s', (_, read) => {
    const memory = new DigestMemory();
    const observer = new SliceObserver(memory);
    read(observer);
    observer.checked(span);
    expect(known(span, memory)).toEqual([undefined, undefined]);
  });

  test('are not known of another span, nor without a memory or a name', () => {
    const memory = new DigestMemory();
    const observer = new SliceObserver(memory);
    readWhole(observer);
    observer.checked({ ...span, content: 'b' });
    expect(memory.notes.size).toBe(0);
    observer.checked(span);
    expect(known(span, undefined)).toEqual([undefined, undefined]);
    expect(known({ ...span, content: undefined }, memory)).toEqual([undefined, undefined]);
  });

  test('are not computed of a span without a name', () => {
    const memory = new DigestMemory();
    const observer = new SliceObserver(memory);
    const nameless = { ...span, content: undefined } as Span;
    readWhole(observer, nameless);
    observer.checked(nameless);
    expect(memory.notes.size).toBe(0);
  });

  test('are computed once', () => {
    const memory = new DigestMemory();
    const observer = new SliceObserver(memory);
    for (let turn = 0; turn < 2; turn += 1) {
      readWhole(observer);
      observer.checked(span);
      expect(memory.hasNews).toBe(turn === 0);
      memory.noted();
    }
  });
});
