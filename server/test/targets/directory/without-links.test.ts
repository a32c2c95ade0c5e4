import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import { openTarget } from '../../../src/targets/index.js';
import { settingsAt } from '../../support/target-settings.js';
import { temporaryFolder } from '../../support/temporary.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';

/** A file system without hard links (vfat, some shares): link(2) answers EPERM. */
vi.mock('node:fs/promises', async importOriginal => ({
  ...(await importOriginal<typeof import('node:fs/promises')>()),
  link: () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM', syscall: 'link' }))
}));

test('an object arrives whole and is not overwritten where there are no hard links', async () => {
  const folder = join(await temporaryFolder(), 'ship');
  const target = await openTarget(settingsAt(pathToFileURL(folder).href));
  const payload = makePayload('env-00000001.pex', 1000, 1);
  expect(await put(target, payload, { signal: calm })).toBe('created');
  expect(await put(target, payload, { signal: calm })).toBe('exists');
  expect(await failure(put(target, makePayload(payload.name, 1001), { signal: calm }))).toMatchObject({
    code: 'TARGET_CONFLICT'
  });
  await target.verify(payload, calm);
  expect(await readdir(folder)).toEqual([payload.name]);
});
