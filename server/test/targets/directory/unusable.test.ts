import { randomUUID } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary.js';
import { calm, failure, put } from '../../payloads/payloads.js';
import { readSmall } from '../../../src/targets/reading.js';
import { listed, mounted, openDirectory, payload } from './directories.js';

describe('a directory that is not there', () => {
  test('is no error where a ship makes it: the check says in which folder, and does not make it', async () => {
    const folder = await temporaryFolder();
    const target = await openDirectory(join(folder, 'not-yet', 'ship'));
    expect(await target.check(calm)).toEqual({ url: target.url, parent: folder });
    expect(await listed(target)).toEqual([]);
    expect(await readSmall(target, payload.name, calm)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  test('is neither made nor taken for empty on the machine’s own disk, outside of the home: it may be a mount point', async () => {
    const top = `/ship-env-${randomUUID()}`;
    const target = await openDirectory(join(top, 'ship'));
    for (const ask of [
      () => put(target, payload, { signal: calm }),
      () => target.requireWritable(calm),
      () => target.check(calm),
      () => listed(target),
      () => target.stat(payload.name, calm),
      () => readSmall(target, payload.name, calm)
    ]) {
      expect(await failure(ask())).toMatchObject({
        code: 'TARGET_BUCKET_MISSING',
        hint: expect.stringContaining(`mkdir -p ${top}/ship`)
      });
    }
    await expect(stat(top)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is made by a ship below the home, and on a share', async () => {
    const share = await mounted('mode=755');
    for (const folder of [join(homedir(), `.ship-env-${randomUUID()}`), join(share, 'envs')]) {
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const target = await openDirectory(join(folder, 'ship'));
      await target.requireWritable(calm);
      expect(await put(target, payload, { signal: calm })).toBe('created');
    }
  });
});

describe('a directory that does not work', () => {
  test('says that its disk is full, and leaves nothing on it', async () => {
    const folder = await mounted('size=1m,mode=755');
    const target = await openDirectory(folder);
    expect(await failure(put(target, payload, { signal: calm }))).toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining(folder)
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('says that it may not be written to', async () => {
    const target = await openDirectory(join(await mounted('ro'), 'ship'));
    for (const ask of [() => put(target, payload, { signal: calm }), () => target.check(calm)]) {
      const error = await failure(ask());
      expect(error).toMatchObject({ code: 'TARGET_DENIED', hint: expect.stringContaining('write access') });
    }
  });

  test('says that it cannot be made where nothing can', async () => {
    const target = await openDirectory('/proc/ship-env/ship');
    expect(await failure(put(target, payload, { signal: calm }))).toMatchObject({ code: 'TARGET_BUCKET_MISSING' });
  });

  test('says that a part of its path is a file', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'ship')]) {
      const target = await openDirectory(path);
      for (const ask of [
        () => put(target, payload, { signal: calm }),
        () => target.check(calm),
        () => listed(target),
        () => target.access.executablePath(payload.name)
      ]) {
        expect(await failure(ask())).toMatchObject({ code: 'TARGET_BUCKET_MISSING' });
      }
    }
  });
});
