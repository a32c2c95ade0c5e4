import { createHash } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { crc32ByTable } from '../../src/payloads/crc32.js';
import { DigestMemory, rangeBefore } from '../../src/payloads/digest-memory.js';
import { bufferPayload } from '../../src/payloads/buffer.js';
import { SpanDigest, type SpanObserver } from '../../src/payloads/span-digest.js';
import type { Span } from '../../src/payloads/payload.js';

/** A span of this text; one without a name is in no other artifact. */
function spanOf(text: string, { hasName = true, crcs = [] as number[] } = {}): Span {
  return {
    bytes: text.length,
    content: hasName ? `text ${text}` : undefined,
    read: () => Promise.reject(new Error('A digest reads nothing.')),
    check: crc => {
      crcs.push(crc);
      return Promise.resolve();
    }
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function digestOf(memory: DigestMemory | undefined, spans: readonly Span[], observer?: SpanObserver): SpanDigest {
  const digest = new SpanDigest(memory, observer);
  spans.forEach(span => digest.add(span));
  return digest;
}

/** Digests all of it, in pieces of so many bytes. */
async function digestWhole(digest: SpanDigest, text: string, pieceBytes = text.length): Promise<string> {
  for (let at = 0; at < text.length; at += pieceBytes)
    await digest.update(Buffer.from(text.slice(at, at + pieceBytes)));
  return digest.sha256();
}

describe('what is digested', () => {
  test.each([1, 2, 3, 5, 9])(
    'in pieces of %d bytes has the digest of the whole and the CRC of each span',
    async bytes => {
      const crcs: number[] = [];
      const digest = digestOf(
        undefined,
        ['abcd', '', 'ef', 'ghi'].map(text => spanOf(text, { crcs }))
      );
      expect(await digestWhole(digest, 'abcdefghi', bytes)).toBe(sha256('abcdefghi'));
      expect(crcs).toEqual(['abcd', 'ef', 'ghi'].map(text => zlibCrc32(text)));
    }
  );

  test('is seen piece by piece, by the place in its span', async () => {
    const seen: string[] = [];
    const observer: SpanObserver = {
      take: ({ content }, at, piece) => seen.push(`${content} ${at} ${piece.toString()}`),
      checked: ({ content }) => seen.push(`${content} checked`)
    };
    await digestWhole(digestOf(undefined, [spanOf('abcd'), spanOf('ef')], observer), 'abcdef', 3);
    expect(seen).toEqual(['text abcd 0 abc', 'text abcd 3 d', 'text abcd checked', 'text ef 0 ef', 'text ef checked']);
  });

  test('is neither more nor less than the spans', async () => {
    const digest = digestOf(undefined, [spanOf('abc')]);
    expect(() => digest.sha256()).toThrow('Less was digested');
    await digest.update(Buffer.from('abc'));
    await expect(digest.update(Buffer.from('d'))).rejects.toThrow('More was digested');
  });

  test('fails with the check of a damaged span, and no digest of it is remembered', async () => {
    const memory = new DigestMemory();
    const damaged: Span = { ...spanOf('abc'), check: () => Promise.reject(new Error('damaged')) };
    await expect(digestOf(memory, [damaged]).update(Buffer.from('abc'))).rejects.toThrow('damaged');
    const next = digestOf(memory, [spanOf('abc')]);
    next.leap(3);
    expect(next.position).toBe(0);
  });

  test('says where it is, and where the span ends that is begun', async () => {
    const digest = digestOf(undefined, [spanOf('abcd'), spanOf('ef')]);
    const seen = [[digest.position, digest.begunEnd, digest.ahead.length]];
    for (const piece of ['ab', 'cd', 'e', 'f']) {
      await digest.update(Buffer.from(piece));
      seen.push([digest.position, digest.begunEnd, digest.ahead.length]);
    }
    expect(seen).toEqual([
      [0, 0, 2],
      [2, 4, 2],
      [4, 4, 1],
      [5, 6, 1],
      [6, 6, 0]
    ]);
  });
});

describe('what was digested before', () => {
  const TEXTS = ['abcd', 'ef', 'ghi'];

  async function remembering(...texts: string[]): Promise<DigestMemory> {
    const memory = new DigestMemory();
    await digestWhole(
      digestOf(
        memory,
        texts.map(text => spanOf(text))
      ),
      texts.join('')
    );
    return memory;
  }

  test('is passed over, and the digest is that of the whole', async () => {
    const crcs: number[] = [];
    const digest = digestOf(
      await remembering(...TEXTS),
      [...TEXTS, 'new'].map(text => spanOf(text, { crcs }))
    );
    expect(digest.leap(9)).toBe(9);
    expect([digest.position, digest.ahead.length]).toEqual([9, 1]);
    expect(await digestWhole(digest, 'new')).toBe(sha256('abcdefghinew'));
    expect(crcs).toEqual([zlibCrc32('new')]);
  });

  test('is passed over up to the last boundary before the end, from which a later leap goes on', async () => {
    const digest = digestOf(
      await remembering(...TEXTS),
      [...TEXTS, 'new'].map(text => spanOf(text))
    );
    // The digest at 9 is remembered, so nothing between 6 and 8 need be read.
    expect(digest.leap(8)).toBe(6);
    expect(digest.position).toBe(6);
    expect(digest.leap(9)).toBe(9);
    expect(await digestWhole(digest, 'new')).toBe(sha256('abcdefghinew'));
  });

  test('is not used twice: the digest that is remembered stays as it was', async () => {
    const memory = await remembering('abcd');
    for (const end of ['one', 'two']) {
      const digest = digestOf(memory, [spanOf('abcd'), spanOf(end)]);
      digest.leap(4);
      expect(await digestWhole(digest, end)).toBe(sha256(`abcd${end}`));
    }
  });

  test('is unknown behind something new, and behind what has no name', async () => {
    const memory = await remembering(...TEXTS);
    for (const [text, first] of [
      ['abcd', spanOf('abcd', { hasName: false })],
      ['new!', spanOf('new!')]
    ] as const) {
      const digest = digestOf(memory, [first, spanOf('ef'), spanOf('ghi')]);
      expect(digest.leap(9)).toBe(9);
      expect(digest.position).toBe(0);
      expect(await digestWhole(digest, `${text}efghi`)).toBe(sha256(`${text}efghi`));
    }
  });

  test('in the middle of a span that is begun ends that span, whose CRC is then none of the next', async () => {
    const crcs: number[] = [];
    const digest = digestOf(await remembering('abcd'), [spanOf('abcd', { crcs }), spanOf('ef', { crcs })]);
    await digest.update(Buffer.from('ab'));
    digest.leap(4);
    expect(await digestWhole(digest, 'ef')).toBe(sha256('abcdef'));
    expect(crcs).toEqual([zlibCrc32('ef')]);
  });
});

describe('a range of an artifact', () => {
  test('has a name when its spans have, which says all that is before it', () => {
    const [one, two] = ['abcd', 'xbcd'].map(first => digestOf(undefined, [spanOf(first), spanOf('ef')]));
    const boundary = one?.ahead[1]?.boundary;
    expect(boundary).toBeDefined();
    expect(one?.rangeOf(1, 6)).toBe(rangeBefore(boundary ?? '', 1, 6));
    expect(one?.rangeOf(1, 6)).not.toBe(two?.rangeOf(1, 6));
    // It ends where the first span does.
    expect(one?.rangeOf(1, 4)).toBe(rangeBefore(one?.ahead[0]?.boundary ?? '', 1, 4));
    expect(one?.rangeOf(1, 7)).toBeUndefined();
  });

  test('has none behind a span that has none', () => {
    expect(digestOf(undefined, [spanOf('abcd', { hasName: false }), spanOf('ef')]).rangeOf(4, 6)).toBeUndefined();
  });
});

test('a memory has news when a note was added or changed, until it was kept elsewhere', () => {
  const memory = new DigestMemory();
  expect(memory.hasNews).toBe(false);
  memory.notes.set('a', '1');
  expect(memory.hasNews).toBe(true);
  memory.noted();
  expect(memory.hasNews).toBe(false);
  memory.notes.set('a', '1');
  expect(memory.hasNews).toBe(false);
  memory.notes.set('a', '2');
  expect(memory.hasNews).toBe(true);
});

test('a memory keeps so many digests and so many notes as it is told', async () => {
  const memory = new DigestMemory(1);
  await digestWhole(digestOf(memory, [spanOf('ab'), spanOf('cd')]), 'abcd');
  memory.notes.set('a', '1');
  memory.notes.set('b', '2');
  expect([memory.running.size, memory.notes.size]).toEqual([1, 1]);
});

test('the CRC that needs no zlib is that of zlib, from any start', () => {
  const data = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 31) % 256));
  expect(crc32ByTable(data)).toBe(zlibCrc32(data));
  expect(crc32ByTable(data, 0xfedcba98)).toBe(zlibCrc32(data, 0xfedcba98));
});

test('bytes in memory are a payload that is read whole or in part', async () => {
  const payload = bufferPayload('a.json', Buffer.from('abcdef'));
  const read = async (range?: { start: number; end: number }): Promise<string> =>
    Buffer.concat((await payload.open(range).toArray()) as Buffer[]).toString();
  expect(payload).toMatchObject({ name: 'a.json', bytes: 6, sha256: sha256('abcdef') });
  expect([await read(), await read({ start: 1, end: 3 })]).toEqual(['abcdef', 'bc']);
});
