import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CompiledModules } from '../../../src/content/segments/compile/compiled-modules.js';
import { SegmentBuilder } from '../../../src/content/segments/segment-builder.js';
import { DamagedSegment, readSegment } from '../../../src/content/segments/segment-index.js';
import { segmentSpan } from '../../../src/content/segments/span.js';
import { Threads } from '../../../src/content/segments/threads/threads.js';
import { PIECE_BYTES } from '../../../src/content/segments/zip/deflate.js';
import { DEFLATED, STORED, entriesOf } from '../../../src/content/segments/zip/records.js';
import { Cache } from '../../../src/system/cache/cache.js';
import { INTERPRETER, NEVER } from '../../formats/fixtures.js';
import type { DataEntry, FileEntry, PlannedSegment, SegmentEntry } from '../../../src/content/segments/types.js';
import { modulesToCompile } from '../../../src/content/segments/compile/modules.js';

let folder: string;
let output: string;
let cache: Cache;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-segment-'));
  cache = await Cache.open(join(folder, 'cache'));
  output = join(folder, 'segment');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: Buffer): Promise<FileEntry> {
  const source = join(folder, name);
  await writeFile(source, content);
  return { kind: 'file', name, source, size: content.length, sha256: sha256Of(content), executable: false };
}

function generated(name: string, data: Buffer): DataEntry {
  return { kind: 'data', name, data, sha256: sha256Of(data), executable: false };
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function planned(entries: SegmentEntry[]): Promise<PlannedSegment> {
  const bytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : entry.data.length), 0);
  const sources = modulesToCompile({ normalizedName: 'one' }, entries, INTERPRETER);
  const modules = sources && {
    ...sources,
    compiled: await CompiledModules.during(cache, NEVER, compiled => compiled.factsOf(sources))
  };
  return {
    wheel: 'one.whl',
    name: 'one',
    version: '1',
    key: '0',
    bytes,
    entryCount: entries.length,
    executables: [],
    unlistedScripts: [],
    entries,
    modules
  };
}

/** @param bytes - size that the builder expects; a large one makes it use threads */
async function build(
  segment: PlannedSegment,
  { bytes, signal = NEVER }: { bytes: number; signal?: AbortSignal }
): Promise<void> {
  await CompiledModules.during(cache, signal, async compiled => {
    const builder = new SegmentBuilder(compiled, bytes, signal);
    try {
      await builder.build(output, segment, { turn: 0, onBytes: () => undefined });
    } finally {
      await builder.end();
    }
  });
}

/** The contents of a segment by name, unpacked by hand. */
async function contents(): Promise<Record<string, Buffer>> {
  const segment = await readSegment(output);
  const bytes = await readFile(output);
  expect(segment?.sha256).toBe(sha256Of(bytes.subarray(0, segment?.bytes)));
  return Object.fromEntries(
    entriesOf(segment?.directory ?? Buffer.alloc(0)).map(({ name, offset, compressedSize, method }) => {
      const start = offset + 30 + Buffer.byteLength(name);
      const data = bytes.subarray(start, start + compressedSize);
      return [name, method === DEFLATED ? inflateRawSync(data) : data];
    })
  );
}

async function methodOf(name: string): Promise<number | undefined> {
  const { directory = Buffer.alloc(0) } = (await readSegment(output)) ?? {};
  return entriesOf(directory).find(entry => entry.name === `.deps/one.whl/${name}`)?.method;
}

test('threads give the bytes that this thread gives, of entries of every size', async () => {
  const text = Buffer.alloc(3 * PIECE_BYTES + 17, 'some words, ');
  const entries = [
    ...(await Promise.all(
      Array.from({ length: 600 }, (_, at) => file(`${at}.txt`, randomBytes(at).fill(at, Math.floor(at / 2))))
    )),
    await file('exact.bin', Buffer.alloc(PIECE_BYTES, 'x')),
    await file('large.txt', text),
    await file('noise.bin', randomBytes(PIECE_BYTES + 1)),
    generated('RECORD', Buffer.alloc(2 * PIECE_BYTES + 5, 'name,sha256=,1\n')),
    generated(`${'ä'.repeat(900)}.txt`, Buffer.alloc(0))
  ];
  await build(await planned(entries), { bytes: 0 });
  const here = await readFile(output);
  const unpacked = await contents();
  // Content that does not shrink is stored, also when it comes in pieces.
  expect(await methodOf('noise.bin')).toBe(STORED);
  expect(await methodOf('large.txt')).toBe(DEFLATED);
  for (const entry of entries) {
    const wanted = entry.kind === 'file' ? await readFile(entry.source) : entry.data;
    expect(unpacked[`.deps/one.whl/${entry.name}`]?.equals(wanted)).toBe(true);
  }
  await rm(output);
  await build(await planned(entries), { bytes: 1e9 });
  expect((await readFile(output)).equals(here)).toBe(true);
});

test('a segment that is not there is as good as a damaged one', async () => {
  expect(await readSegment(output)).toBeUndefined();
});

test('a large file that changes between two of its pieces, and back again, is noticed', async () => {
  const library = await file('library.so', Buffer.alloc(3 * PIECE_BYTES, 'x'));
  const handle = await open(library.source, 'r+');
  const run = Threads.prototype.run;
  let pieces = 0;
  vi.spyOn(Threads.prototype, 'run').mockImplementation(async function (this: Threads, task, files) {
    // The second piece sees another end of the first one; each piece alone matches the snapshot.
    if (task.kind === 'piece' && (pieces += 1) === 2) await handle.write('y', PIECE_BYTES - 10);
    return run.call(this, task, files);
  });
  await expect(build(await planned([library]), { bytes: 0 })).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
  await handle.close();
  expect(pieces).toBeGreaterThan(1);
});

test('of a large content in memory a thread is sent each piece, not the whole each time', async () => {
  const run = vi.spyOn(Threads.prototype, 'run');
  await build(await planned([generated('script', Buffer.alloc(5 * PIECE_BYTES, '#!'))]), { bytes: 0 });
  const sources = run.mock.calls.flatMap(([task]) => (task.kind === 'piece' ? [task.source] : []));
  // A clone of a view copies all of the memory behind it.
  const sent = sources.map(source => (typeof source === 'string' ? 0 : source.buffer.byteLength));
  expect(sent).toHaveLength(5);
  expect(Math.max(...sent)).toBeLessThan(2 * PIECE_BYTES);
});

test('a large file with another content is noticed', async () => {
  const library = await file('library.so', Buffer.alloc(3 * PIECE_BYTES, 'x'));
  await writeFile(library.source, Buffer.alloc(3 * PIECE_BYTES, 'y'));
  await expect(build(await planned([library]), { bytes: 0 })).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
});

test('a segment that another ship found damaged and removed is damaged, not an error of the system', async () => {
  await build(await planned([await file('one.txt', Buffer.from('x'))]), { bytes: 0 });
  const segment = await readSegment(output);
  if (segment === undefined) throw new Error('There is no segment.');
  await rm(output);
  let drops = 0;
  const span = segmentSpan(segment, 'key', async () => void (drops += 1));
  await expect(span.read(Buffer.alloc(1), 0)).rejects.toThrow(DamagedSegment);
  expect(drops).toBe(1);
});

test('no compiled modules are left beside it, however it ends', async () => {
  const module = await file('one.py', Buffer.from('x = 1'));
  await build(await planned([module]), { bytes: 0 });
  expect(Object.keys(await contents())).toEqual(['.deps/one.whl/one.py', '.deps/.ship-env/pyc/one.whl']);
  expect((await readdir(folder)).sort()).toEqual(['cache', 'one.py', 'segment']);
  expect(await blobs()).toEqual([]);
  await rm(output);
  const gone = { ...(await file('two.txt', Buffer.from('x'))), sha256: '' };
  await expect(build(await planned([module, gone]), { bytes: 0 })).rejects.toMatchObject({
    code: 'ARTIFACT_FILE_CHANGED'
  });
  expect((await readdir(folder)).filter(name => name.endsWith('.pyc'))).toEqual([]);
});

test('compiled modules that are gone or damaged in the cache are compiled again', async () => {
  const segment = await planned([await file('one.py', Buffer.from('x = 1'))]);
  await build(segment, { bytes: 0 });
  const whole = await readFile(output);
  for (const damage of [async () => undefined, async (path: string) => writeFile(path, 'not what it was')]) {
    await rm(output);
    const { sha256 } = segment.modules?.compiled ?? { sha256: '' };
    await mkdir(dirname(cache.path('compiled', sha256)), { recursive: true });
    await damage(cache.path('compiled', sha256));
    await build(segment, { bytes: 0 });
    expect(await readFile(output)).toEqual(whole);
  }
});

/** Compiled modules that no segment has yet. */
async function blobs(): Promise<string[]> {
  const found = await readdir(join(cache.root, 'compiled'), { recursive: true, withFileTypes: true });
  return found.filter(entry => entry.isFile()).map(({ name }) => name);
}

test('an abort ends it with its reason', async () => {
  const abort = new AbortController();
  const entries = await Promise.all(
    [1, 2, 3, 4].map(at => file(`${at}.so`, Buffer.alloc(8 * PIECE_BYTES, String(at))))
  );
  const building = build(await planned(entries), { bytes: 1e9, signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(building).rejects.toThrow('enough');
});

test('what fails gives back what others wait for', async () => {
  const segments = await Promise.all(
    [1, 2, 3, 4, 5].map(async at => planned([await file(`${at}.so`, Buffer.alloc(6 * PIECE_BYTES, String(at)))]))
  );
  const results = await CompiledModules.during(cache, NEVER, async compiled => {
    const builder = new SegmentBuilder(compiled, 1e9, NEVER);
    const building = segments.map((segment, at) => {
      let pieces = 0;
      const onBytes = (): void => {
        if (at < 4 && (pieces += 1) === 2) throw new Error('the disk');
      };
      return builder.build(`${output}-${at}`, segment, { turn: at, onBytes });
    });
    const settled = await Promise.allSettled(building);
    await builder.end();
    return settled;
  });
  expect(results.map(({ status }) => status)).toEqual([...Array.from({ length: 4 }, () => 'rejected'), 'fulfilled']);
});
