import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { inUse } from '../../../src/system/cache/use.js';
import { temporaryFolder } from '../../support/temporary.js';

vi.mock('node:fs/promises', { spy: true });

test('a cache that is removed when its use begins is told as removed', async () => {
  const { root } = await Cache.open(join(await temporaryFolder(), 'cache'));
  vi.mocked(writeFile).mockImplementationOnce(async path => {
    await rm(root, { recursive: true });
    await readFile(path as string);
  });
  await expect(inUse(root, () => Promise.resolve())).rejects.toMatchObject({
    code: 'CACHE_UNUSABLE',
    message: `The local cache ${root} was removed while the ship ran.`
  });
});
