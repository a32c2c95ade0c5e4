/** The rule by which an object on a target is believed, on a directory; verified.test.ts has stores. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { openTarget, type Target } from '../../src/targets/index.js';
import type { ObjectFacts } from '../../src/targets/target.js';
import { isHeld, type ExpectedContent } from '../../src/trust/compare.js';
import { Verified } from '../../src/trust/verified.js';
import { untilNextTick } from '../support/disk.js';
import { settingsAt } from '../support/target-settings.js';
import { temporaryFolder } from '../support/temporary.js';
import { calm, failure, payloadOf } from '../payloads/payloads.js';

const MINE = payloadOf('env-0123456789abcdef0123.pex', Buffer.from('mine'));
const { name: NAME, bytes, sha256 } = MINE;
/** What a manifest says of it, whose bytes are not at hand. */
const CLAIMED: ExpectedContent = { name: NAME, bytes, sha256 };

let path: string;
let target: Target;
let cache: Cache;
let reported: unknown[];
beforeEach(async () => {
  const folder = await temporaryFolder();
  path = join(folder, NAME);
  target = await openTarget(settingsAt(pathToFileURL(folder).href));
  cache = await Cache.open(await temporaryFolder());
  reported = [];
});

/** Puts this on the target, as a copy by hand would, and looks at it. */
async function put(content: string): Promise<ObjectFacts | undefined> {
  await writeFile(path, content);
  untilNextTick(await temporaryFolder());
  return target.stat(NAME, calm);
}

/** Compares as a process does that begins now. */
async function compare(expected: ExpectedContent, found: ObjectFacts | undefined): Promise<boolean> {
  const verified = await Verified.open(cache, target);
  return isHeld(target, expected, found, { verified, signal: calm, report: progress => reported.push(progress) });
}

test('what is not there is not held', async () => {
  expect(await compare(CLAIMED, undefined)).toBe(false);
});

test('an object of another size is another one, and nobody reads it', async () => {
  const reading = vi.spyOn(target, 'read');
  expect(await failure(compare(CLAIMED, await put('mine?')))).toMatchObject({
    code: 'TARGET_CONFLICT',
    message: expect.stringContaining(`another ${NAME}: 5 bytes, where`)
  });
  expect(reading).not.toHaveBeenCalled();
});

describe('where the store keeps a digest of the whole', () => {
  test('that decides, nothing is read, and the object is remembered', async () => {
    const [reading, verifying] = [vi.spyOn(target, 'read'), vi.spyOn(target, 'verify')];
    const found = { ...(await put('mine')), bytes, sha256 };
    for (const expected of [CLAIMED, MINE]) expect(await compare(expected, found)).toBe(true);
    expect([reading.mock.calls, verifying.mock.calls]).toEqual([[], []]);
    expect((await Verified.open(cache, target)).holds(NAME, found.identity, sha256)).toBe(true);
  });

  test('another digest is another object, whatever is remembered', async () => {
    const found = { ...(await put('mine')), bytes };
    expect(await compare(CLAIMED, found)).toBe(true);
    expect(await failure(compare(CLAIMED, { ...found, sha256: 'f'.repeat(64) }))).toMatchObject({
      code: 'TARGET_CONFLICT',
      message: expect.stringContaining(`sha256 ${'f'.repeat(64)}, where`)
    });
  });
});

describe('where it keeps none', () => {
  test('the object is read once, by whoever compares it first, who says how far it is', async () => {
    const reading = vi.spyOn(target, 'read');
    const found = await put('mine');
    for (let ship = 0; ship < 2; ship += 1) expect(await compare(CLAIMED, found)).toBe(true);
    expect(reading).toHaveBeenCalledTimes(1);
    expect(reported).toEqual([{ done: bytes, total: bytes, detail: `reading ${NAME} to verify it` }]);
  });

  test('other bytes of the same size are another object, each time', async () => {
    const found = await put('fake');
    for (let ship = 0; ship < 2; ship += 1) {
      expect(await failure(compare(CLAIMED, found))).toMatchObject({
        code: 'TARGET_CONFLICT',
        message: expect.stringMatching(/: 4 bytes with sha256 [0-9a-f]{64}, where/u)
      });
    }
  });

  test('an object that grew since it was looked at is another one', async () => {
    const found = await put('mine');
    await put('mine, and more');
    expect(await failure(compare(CLAIMED, found))).toMatchObject({
      message: expect.stringContaining(': 14 bytes with')
    });
  });

  test('an object that went meanwhile is not held', async () => {
    const found = await put('mine');
    await rm(path);
    expect(await compare(CLAIMED, found)).toBe(false);
    expect((await Verified.open(cache, target)).holds(NAME, found?.identity, sha256)).toBe(false);
  });
});

describe('with the bytes at hand', () => {
  test('the target compares, once', async () => {
    const verifying = vi.spyOn(target, 'verify');
    const found = await put('mine');
    for (let ship = 0; ship < 2; ship += 1) expect(await compare(MINE, found)).toBe(true);
    expect(verifying).toHaveBeenCalledTimes(1);
  });

  test('what differs is told with what the target found', async () => {
    expect(await failure(compare(MINE, await put('fake')))).toMatchObject({
      code: 'TARGET_CONFLICT',
      message: expect.stringContaining(': other bytes, where'),
      cause: { code: 'TARGET_CHECKSUM' }
    });
  });

  test('an object that went meanwhile is not held', async () => {
    const found = await put('mine');
    await rm(path);
    expect(await compare(MINE, found)).toBe(false);
  });

  test('what stops the comparison says nothing of the object', async () => {
    vi.spyOn(target, 'verify').mockRejectedValue(new Error('no network'));
    await expect(compare(MINE, await put('mine'))).rejects.toThrow('no network');
  });
});
