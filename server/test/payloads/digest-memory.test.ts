import { randomBytes } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from 'vitest';
import { BEGINNING, boundaryBehind, DigestMemory } from '../../src/payloads/digest-memory.js';
import { SpanReader } from '../../src/payloads/span-reader.js';
import type { Target } from '../../src/targets/index.js';
import type { SpannedPayload } from '../../src/payloads/payload.js';
import type { Arrival, Holding } from '../../src/targets/target.js';
import { calm } from './payloads.js';
import { useBucket } from '../targets/s3/bucket.js';
import { Piece, fresh, offsetsOf, sha256 } from './pieces.js';

const MIB = 1024 * 1024;
/** The beginning of a large span is a separate part, which the store copies. */
const SLICE_BYTES = 5 * MIB;

const bucket = useBucket();

const [first, second, third] = [30 * MIB, 15 * MIB, 15 * MIB].map(bytes => randomBytes(bytes)) as [
  Buffer,
  Buffer,
  Buffer
];
/** Too small for a part: the store copies several together. */
const small = [1, 2, 3, 4].map(() => randomBytes(2 * MIB));

let url: string;
let target: Target;
let memory: DigestMemory;
let sources: Holding[];
let number: number;
beforeEach(async () => {
  url = bucket.freshUrl();
  target = await bucket.open(url);
  [memory, sources, number] = [new DigestMemory(), [], 0];
});

/** Uploads an artifact of these pieces; later uploads may copy from it. */
async function ship(pieces: readonly Piece[], digests: DigestMemory | undefined = memory): Promise<Arrival> {
  const name = `env-${(number += 1)}.pex`;
  for (const piece of pieces) piece.readBytes = 0;
  const artifact: SpannedPayload = {
    ...{ name, maximalBytes: 100 * MIB, digests },
    spans: async function* spans() {
      yield* await Promise.resolve(pieces);
    }
  };
  const arrival = await target.write(artifact, { signal: calm, reuse: () => Promise.resolve(sources) });
  if (arrival === undefined) throw new Error(`There was a ${name}.`);
  await arrival.verify(calm);
  const whole = Buffer.concat(pieces.map(piece => piece.whole));
  expect(arrival).toMatchObject({ bytes: whole.length, sha256: sha256(whole), fullUpload: undefined });
  expect((await download(name)).equals(whole)).toBe(true);
  for await (const { name: listed, bytes, version = '' } of target.list(calm)) {
    if (listed === name) sources.push({ name, bytes, version, offsets: offsetsOf(pieces) });
  }
  return arrival;
}

async function download(name: string): Promise<Buffer> {
  const Key = `${url.slice('s3://ship/'.length)}/${name}`;
  const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: 'ship', Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const read = (pieces: readonly Piece[]): number[] => pieces.map(({ readBytes }) => readBytes);

describe('what the store copies', () => {
  test.each([
    ['is not read when its digest is remembered', true, [0, 0, 0]],
    ['is read where nothing is remembered', false, [30 * MIB, 15 * MIB, 15 * MIB]]
  ])('%s', async (_, isRemembered, wanted) => {
    const shared = [new Piece(first), new Piece(second), new Piece(third)];
    await ship([...shared, fresh()]);
    const { sentBytes } = await ship([...shared, fresh()], isRemembered ? memory : new DigestMemory());
    expect(sentBytes).toBe(MIB);
    expect(read(shared)).toEqual(wanted);
  });

  test('is read behind what is new', async () => {
    const [a, b, c] = [new Piece(first), new Piece(second), new Piece(third)];
    await ship([a, b, c, fresh()]);
    const { copiedBytes } = await ship([a, fresh(), b, c, fresh()]);
    expect(copiedBytes).toBe((30 + 11 + 15) * MIB);
    expect(read([a, b, c])).toEqual([0, b.bytes, c.bytes]);
  });

  test('is read where the same stands behind something else', async () => {
    const [a, b, c] = [new Piece(first), new Piece(second), new Piece(third)];
    await ship([a, b, c, fresh()]);
    await ship([b, c, fresh()]);
    expect(read([b, c])).toEqual([b.bytes, c.bytes]);
  });

  test('is read once for its MD5 where that is known of slices alone', async () => {
    const shared = [first, ...small].map(bytes => new Piece(bytes));
    const wanted: number[][] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const { copiedBytes } = await ship([...shared, fresh()]);
      expect(copiedBytes).toBe(turn === 0 ? 0 : 38 * MIB);
      wanted.push(read(shared));
    }
    const sizes = small.map(({ length }) => length);
    expect(wanted).toEqual([
      [first.length, ...sizes],
      [0, ...sizes],
      [0, 0, 0, 0, 0]
    ]);
  });
});

describe('a piece of which something is sent', () => {
  // New bytes are filled up to a part with bytes after them, or before them when a short piece follows.
  test('is read whole when its first bytes are', async () => {
    const [a, added, b] = [new Piece(first), new Piece(randomBytes(MIB)), new Piece(second)];
    await ship([a, b, fresh()]);
    const wanted: number[][] = [];
    // The second time, the new piece is remembered, but is not on the store.
    const older = sources;
    for (let turn = 0; turn < 2; turn += 1) {
      sources = [...older];
      const { sentBytes } = await ship([a, added, b, fresh()]);
      expect(sentBytes).toBe((1 + 4 + 1) * MIB);
      wanted.push(read([a, added, b]));
    }
    expect(wanted).toEqual([
      [0, MIB, b.bytes],
      [0, MIB, b.bytes]
    ]);
    sources = [...older];
    b.damage(14 * MIB);
    await expect(ship([a, added, b, fresh()])).rejects.toThrow('damaged');
  });

  test.each([
    ['and a slice is cut', 15 * MIB],
    ['which are a slice', 14 * MIB]
  ])('is read whole, from the boundary before it, when its last bytes are, %s', async (_, bytes) => {
    const [a, b, short] = [new Piece(first), new Piece(randomBytes(bytes)), new Piece(randomBytes(6 * MIB))];
    await ship([a, b, short, fresh()]);
    const { sentBytes } = await ship([a, b, fresh(), short, fresh()]);
    expect(sentBytes).toBe((1 + 4 + 1) * MIB);
    expect(read([a, b])).toEqual([0, b.bytes]);
    b.damage(1);
    await expect(ship([a, b, fresh(), short, fresh()])).rejects.toThrow('damaged');
  });
});

describe('a damaged piece', () => {
  test('does not count where it is read for an MD5 alone: the store shows that it is another', async () => {
    const [a, b] = [new Piece(small[0] as Buffer), new Piece(first)];
    await ship([a, b, fresh()]);
    b.damage(1);
    const next = [a, b, fresh()];
    // Everything is sent, and sent bytes are read.
    await expect(ship(next)).rejects.toThrow('damaged');
    b.repair();
    const { copiedBytes } = await ship(next);
    expect(copiedBytes).toBe(32 * MIB);
    // The first slice of the second piece makes one part with the first piece; the bytes after it are known.
    expect(read([a, b])).toEqual([a.bytes, SLICE_BYTES]);
    await ship([a, b, fresh()]);
    expect(read([a, b])).toEqual([0, 0]);
  });

  test('is not noticed while the store copies it, and what arrives is right', async () => {
    const shared = [new Piece(first), new Piece(second)];
    await ship([...shared, fresh()]);
    shared.forEach(piece => piece.damage(1));
    await ship([...shared, fresh()]);
    expect(read(shared)).toEqual([0, 0]);
    sources = [];
    await expect(ship([...shared, fresh()])).rejects.toThrow('damaged');
  });

  test('leaves nothing in memory', async () => {
    const shared = [...small, second].map(bytes => new Piece(bytes));
    const last = shared.at(-1);
    await ship([...shared, fresh()], new DigestMemory());
    last?.damage(MIB);
    await expect(ship([...shared, fresh()])).rejects.toThrow('damaged');
    last?.repair();
    await ship([...shared, fresh()]);
    expect(last?.readBytes).toBe(last?.bytes);
  });
});

test('what was used least recently is forgotten, and read again', async () => {
  memory = new DigestMemory(2);
  const [a, b, c] = [new Piece(first), new Piece(second), new Piece(third)];
  for (const piece of [a, b, a, c]) await ship([piece, fresh()]);
  await ship([a, fresh()]);
  expect(a.readBytes).toBe(0);
  await ship([b, fresh()]);
  expect(b.readBytes).toBe(b.bytes);
});

test('a boundary is named by what lies before it', () => {
  const named = [
    boundaryBehind(BEGINNING, { content: 'a', bytes: 1 }),
    boundaryBehind(BEGINNING, { content: 'a', bytes: 2 }),
    boundaryBehind(BEGINNING, { content: 'b', bytes: 1 }),
    boundaryBehind(boundaryBehind(BEGINNING, { content: 'b', bytes: 1 }), { content: 'a', bytes: 1 })
  ];
  expect(new Set(named).size).toBe(4);
  expect(boundaryBehind(BEGINNING, { content: undefined, bytes: 1 })).toBeUndefined();
  expect(boundaryBehind(undefined, { content: 'a', bytes: 1 })).toBeUndefined();
});

test('there is no digest of an artifact that was not read to its end', () => {
  const reader = new SpanReader();
  reader.add(fresh());
  expect(() => reader.sha256()).toThrow(RangeError);
});
