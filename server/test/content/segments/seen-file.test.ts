import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSeenFile, type SeenFile } from '../../../src/content/segments/seen-file.js';
import { temporaryFolder } from '../../support/temporary.js';
import { NEVER } from '../../formats/fixtures.js';

async function seen(bytes: number): Promise<SeenFile & { content: Buffer }> {
  const source = join(await temporaryFolder(), 'file');
  const content = Buffer.alloc(bytes, 'abc');
  await writeFile(source, content);
  return { source, content, size: bytes, sha256: createHash('sha256').update(content).digest('hex') };
}

/** The last file is larger than one read. */
const SIZES = [0, 10, 600 * 1024];

test.each(SIZES)('a file of %d bytes is read whole', async bytes => {
  const { content, ...file } = await seen(bytes);
  expect((await readSeenFile(file, NEVER)).equals(content)).toBe(true);
});

test.each(SIZES)('a file that had %d bytes and has 3 GiB now is told as changed, and not read', async bytes => {
  const file = await seen(bytes);
  await truncate(file.source, 3 * 1024 ** 3);
  await expect(readSeenFile(file, NEVER)).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
});

test.each(SIZES.slice(1))('a file that had %d bytes and lost some is told as changed', async bytes => {
  const file = await seen(bytes);
  await truncate(file.source, bytes - 1);
  await expect(readSeenFile(file, NEVER)).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
});
