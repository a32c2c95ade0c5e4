import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SeenFile } from '../../../src/content/segments/seen-file.js';
import { Threads } from '../../../src/content/segments/threads/threads.js';
import type { EntriesTask, PieceTask } from '../../../src/content/segments/threads/tasks.js';
import { PIECE_BYTES } from '../../../src/content/segments/zip/deflate.js';

let folder: string;
let threads: Threads;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-threads-'));
});
afterEach(async () => {
  await threads.end();
  await rm(folder, { recursive: true, force: true });
});

async function seen(name: string, content: string | Buffer): Promise<SeenFile> {
  const path = join(folder, name);
  await writeFile(path, content);
  return {
    source: path,
    size: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex')
  };
}

const entriesTask = (file: SeenFile): EntriesTask => ({ kind: 'entries', entries: [{ name: 'a.txt', file }] });
const pieceTask = (file: SeenFile, position = 0): PieceTask => {
  const bytes = Math.min(PIECE_BYTES, file.size - position);
  const isLast = position + bytes === file.size;
  return { kind: 'piece', source: file.source, position, bytes, isLast, isCompressed: true };
};

describe.each([
  ['in this thread', 0],
  ['in two threads', 2]
])('%s', (_, size) => {
  beforeEach(() => {
    threads = new Threads(size);
  });

  test('small files become entries, one after the other, and what does not shrink is stored', async () => {
    const text = await seen('text', 'the tide comes in; '.repeat(1000));
    const noise = await seen('noise', randomBytes(5000));
    const data = Buffer.from('generated, generated, generated, generated');
    const { bytes, rows, slot, release } = await threads.run(
      {
        kind: 'entries',
        entries: [
          { name: 'a.txt', file: text },
          { name: 'b', file: noise },
          { name: 'c', data }
        ]
      },
      { files: [text, noise] }
    );
    expect(rows.map(({ size: full, method }) => [full, method])).toEqual([
      [19_000, 8],
      [5000, 0],
      [data.length, 8]
    ]);
    const [first, second] = rows;
    const start = (first?.offset ?? 0) + 30 + 'a.txt'.length;
    const deflated = slot.output.slice(start, start + (first?.compressedSize ?? 0));
    expect(inflateRawSync(deflated).toString()).toBe('the tide comes in; '.repeat(1000));
    expect(second?.offset).toBe(start + deflated.length);
    expect(bytes).toBe((rows[2]?.offset ?? 0) + 30 + 1 + (rows[2]?.compressedSize ?? 0));
    release();
  });

  test('a slot is not used again before it is released', async () => {
    const file = await seen('text', 'x');
    const leases = await Promise.all([1, 2, 3].map(() => threads.run(entriesTask(file), { files: [file] })));
    if (size > 0)
      leases.push(...(await Promise.all([4, 5, 6].map(() => threads.run(entriesTask(file), { files: [file] })))));
    let isDone = false;
    const next = threads.run(entriesTask(file), { files: [file] }).then(lease => {
      isDone = true;
      return lease;
    });
    // A task that needs no slot would be done by now.
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(isDone).toBe(false);
    leases[1]?.release();
    expect((await next).slot.output.byteOffset).toBe(leases[1]?.slot.output.byteOffset);
  });

  describe('a file that is not what the snapshot saw is told by its path', () => {
    test.each<[string, (path: string) => Promise<void>]>([
      ['gone', path => rm(path)],
      ['longer', path => appendFile(path, 'x')],
      ['shorter', path => truncate(path, 1_500_000)]
    ])('a large one: %s', async (_how, change) => {
      const file = await seen('library.so', Buffer.alloc(2_000_000, 'x'));
      await change(file.source);
      await expect(threads.run(pieceTask(file, PIECE_BYTES), { files: [file] })).rejects.toMatchObject({
        code: 'ARTIFACT_FILE_CHANGED',
        message: expect.stringContaining(file.source)
      });
    });

    test.each<[string, (path: string) => Promise<void>]>([
      ['gone', path => rm(path)],
      ['longer', path => appendFile(path, 'x')],
      ['shorter', path => truncate(path, 1)],
      ['something else', path => writeFile(path, 'texT')]
    ])('a small one: %s', async (_how, change) => {
      const file = await seen('text', 'text');
      await change(file.source);
      await expect(threads.run(entriesTask(file), { files: [file] })).rejects.toMatchObject({
        code: 'ARTIFACT_FILE_CHANGED',
        message: expect.stringContaining(file.source)
      });
    });
  });

  test('what the system says of a file stays what it says', async () => {
    const loop = { source: '/proc/self/mem', size: 4, sha256: '' };
    await expect(threads.run(entriesTask(loop), { files: [loop] })).rejects.toMatchObject({
      code: 'SNAPSHOT_UNREADABLE'
    });
    const missing = threads.run({ kind: 'digest', path: join(folder, 'none') });
    await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('what is of an earlier turn gets the next slot, and within a turn what came first', async () => {
  threads = new Threads(0);
  const file = await seen('text', 'x');
  const leases = await Promise.all([1, 2, 3].map(() => threads.run(entriesTask(file), { files: [file] })));
  const order: string[] = [];
  const waiting = ['2 first', '1 first', '2 second', '1 second'].map(async name => {
    const lease = await threads.run(entriesTask(file), { files: [file], turn: Number(name[0]) });
    order.push(name);
    lease.release();
  });
  leases[0]?.release();
  await Promise.all(waiting);
  expect(order).toEqual(['1 first', '1 second', '2 first', '2 second']);
});

test('what waits when the threads end fails', async () => {
  threads = new Threads(1);
  const file = await seen('library.so', randomBytes(PIECE_BYTES));
  const tasks = Array.from({ length: 8 }, () => threads.run(pieceTask(file), { files: [file] }));
  const ended = Promise.allSettled(tasks);
  await threads.end();
  expect((await ended).filter(({ status }) => status === 'rejected').length).toBeGreaterThan(4);
});
