import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import type { ArchiveProgress } from '../../../src/content/code/archive.js';
import { archive, editableOf, project, temporaryFolder } from './helpers.js';

const tree = { 'src/m/__init__.py': 'VALUE = 1\n', 'src/m/data.bin': Buffer.alloc(2_500_000, 'abcdefghij') };

function withOtherByte(content: Buffer): Buffer {
  const other = Buffer.from(content);
  other.writeUInt8((other[other.length >> 1] ?? 0) ^ 1, other.length >> 1);
  return other;
}

test('a code archive that is damaged is made again once for many ships of one process, and each sends it', async () => {
  const editable = editableOf(await project(tree), ['src', '']);
  const { cache, path } = await archive(editable);
  const whole = await readFile(path);
  for (let round = 0; round < 5; round++) {
    const ships = await Promise.all(Array.from({ length: 12 }, () => archive(editable, { cache })));
    await writeFile(path, withOtherByte(whole));
    cache.takeWrittenBytes();
    const sent = await Promise.all(
      ships.map(async ({ payload }, index) => {
        // Each call starts while the one before it is working.
        await setTimeout(4 * index);
        return buffer(payload.open());
      })
    );
    expect(sent.map(content => content.equals(whole))).toEqual(ships.map(() => true));
    expect(cache.takeWrittenBytes()).toBe(whole.length);
  }
});

test('a code archive that another process put there meanwhile is not sent when it is another one', async () => {
  const editable = editableOf(await project(tree), ['src', '']);
  const first = await archive(editable);
  const whole = await readFile(first.path);
  const cache = await Cache.open(await temporaryFolder());
  const path = cache.path('code', first.payload.name);
  // The second half of the progress is reported while the zip is written.
  const onProgress = ({ done, total }: ArchiveProgress): void => {
    if (done <= total / 2 || existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, withOtherByte(whole));
  };
  const second = await archive(editable, { cache, onProgress });
  expect((await readFile(path)).equals(whole)).toBe(false);
  expect((await buffer(second.payload.open())).equals(whole)).toBe(true);
});
