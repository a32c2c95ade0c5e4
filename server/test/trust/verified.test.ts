import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { isHeld } from '../../src/trust/compare.js';
import { Verified } from '../../src/trust/verified.js';
import { transaction } from '../../src/ship/undo/transaction.js';
import { Upload } from '../../src/ship/upload.js';
import type { Payload } from '../../src/payloads/payload.js';
import { temporaryFolder } from '../support/temporary.js';
import { calm, failure, makePayload } from '../payloads/payloads.js';
import { useBucket } from '../targets/s3/bucket.js';

const bucket = useBucket();
const TARGET = { url: 's3://ship/x' };

/** A machine that compares an object with what it must be, and notes its requests to the store. */
async function makePerson(url: string): Promise<{
  asked: string[];
  cache: Cache;
  compare: (payload: Omit<Payload, 'open'>, report?: (progress: { done?: number }) => void) => Promise<boolean>;
  send: (payload: Payload) => Promise<void>;
}> {
  const cache = await Cache.open(await temporaryFolder());
  const asked: string[] = [];
  const target = await bucket.openBehind(url, async passing => {
    if (passing.path.includes('x-id=GetObject')) asked.push(passing.path);
    return passing.forward();
  });
  return {
    asked,
    cache,
    compare: async ({ name, bytes, sha256 }, report) => {
      const verified = await Verified.open(cache, target);
      const found = await target.stat(name, calm);
      return isHeld(target, { name, bytes, sha256 }, found, { verified, signal: calm, ...(report && { report }) });
    },
    send: payload =>
      transaction(cache, target, calm, async held => {
        const verified = await Verified.open(cache, target);
        const upload = new Upload({ target, verified, ...held, reuse: () => Promise.resolve([]) });
        await upload.send([payload], () => undefined);
        await upload.verify([payload], () => undefined);
      })
  };
}

test.each([
  ['of one request, of which the store keeps the digest', 3 << 20, 0],
  ['in parts, of which it keeps none of the whole', 9 << 20, 1]
])('an object %s is read by nobody twice, and by its sender never', async (_, bytes, reads) => {
  const url = bucket.freshUrl();
  const payload = makePayload('env-0123456789abcdef0123.pex', bytes, 1);
  const [sender, other] = [await makePerson(url), await makePerson(url)];
  await sender.send(payload);
  for (let ship = 0; ship < 2; ship += 1) {
    expect(await sender.compare(payload)).toBe(true);
    expect(await other.compare(payload)).toBe(true);
  }
  expect([sender.asked.length, other.asked.length]).toEqual([0, reads]);
});

test('whoever reads an object sees how far it is', async () => {
  const url = bucket.freshUrl();
  const payload = makePayload('my_model-1.zip', 9 << 20, 1);
  await (await makePerson(url)).send(payload);
  const seen: number[] = [];
  await (await makePerson(url)).compare(payload, ({ done = 0 }) => seen.push(done));
  expect(seen.at(-1)).toBe(payload.bytes);
});

test.each([
  ['one request', 3 << 20],
  ['parts', 9 << 20]
])('other bytes of the same size, sent in %s, are told also to whoever verified those before', async (_, bytes) => {
  const url = bucket.freshUrl();
  const [mine, other] = [makePayload('a-1.zip', bytes, 1), makePayload('a-1.zip', bytes, 2)];
  const person = await makePerson(url);
  await person.send(mine);
  expect(await person.compare(mine)).toBe(true);
  await (await bucket.open(url)).remove(mine.name, calm);
  await (await makePerson(url)).send(other);
  for (const someone of [person, await makePerson(url)]) {
    expect(await failure(someone.compare(mine))).toMatchObject({
      code: 'TARGET_CONFLICT',
      message: expect.stringContaining('a-1.zip'),
      hint: expect.stringContaining('delete a-1.zip')
    });
  }
});

test('what is remembered is bounded; what was used last stays', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const verified = await Verified.open(cache, TARGET);
  for (let index = 0; index < 300; index += 1) verified.add(`a-${index}.zip`, 'as it is', 'content');
  await verified.save();
  const again = await Verified.open(cache, TARGET);
  expect(again.holds('a-0.zip', 'as it is', 'content')).toBe(false);
  expect(again.holds('a-299.zip', 'as it is', 'content')).toBe(true);
});

test.each<[string, (verified: Verified) => boolean]>([
  ['another identity', verified => verified.holds('a-1.zip', 'edited', 'content')],
  ['no identity', verified => verified.holds('a-1.zip', undefined, 'content')],
  ['another content', verified => verified.holds('a-1.zip', 'as it is', 'other')],
  ['another name', verified => verified.holds('a-2.zip', 'as it is', 'content')]
])('with %s it is not the object that was verified', async (_, holds) => {
  const verified = await Verified.open(await Cache.open(await temporaryFolder()), TARGET);
  verified.add('a-1.zip', 'as it is', 'content');
  expect(verified.holds('a-1.zip', 'as it is', 'content')).toBe(true);
  expect(holds(verified)).toBe(false);
});

test('a memory that was damaged is as good as none', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const verified = await Verified.open(cache, TARGET);
  verified.add('a-1.zip', 'as it is', 'content');
  await verified.save();
  const folder = join(cache.root, 'verified');
  const [name = ''] = (await readdir(folder, { recursive: true })).filter(each => each.endsWith('.json'));
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), 'x'.repeat(100));
  expect((await Verified.open(cache, TARGET)).holds('a-1.zip', 'as it is', 'content')).toBe(false);
});

test('the use of an object is remembered also where nothing tells the object from another one; its content is not', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const first = await Verified.open(cache, TARGET);
  first.add('a.zip', undefined, 'abc');
  await first.save();
  const later = await Verified.open(cache, TARGET);
  expect(later.usedWithin(1000)).toEqual(new Set(['a.zip']));
  expect(later.usedWithin(0)).toEqual(new Set());
  for (const identity of [undefined, '1']) expect(later.holds('a.zip', identity, 'abc')).toBe(false);
});
