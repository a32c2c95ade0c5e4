import { describe, expect, onTestFinished, test } from 'vitest';
import type { Payload, SpannedPayload } from '../../src/payloads/payload.js';
import { spanned } from '../../src/payloads/spanned.js';
import { readFacts, readSmall } from '../../src/targets/reading.js';
import type { Target, TargetEntry } from '../../src/targets/target.js';
import { calm, failure, makePayload, payloadOf } from '../payloads/payloads.js';

/** A kind of target for the suite. */
export interface Tried {
  /** A new, empty place that no other test uses. */
  fresh(): Promise<Place>;
}

export interface Place {
  /** Opens the target; called several times, for several ships. */
  open(): Promise<Target>;
  /** Everything that is there now, including temporary files and unfinished uploads. */
  left(): Promise<string[]>;
  /** Replaces an object by other bytes of the same size, without the target. */
  tamper(name: string): Promise<void>;
}

const small = makePayload('env-00000001.json', 1000);
/** More than one part of an upload. */
const large = makePayload('env-00000001.pex', 20 * 1024 * 1024 + 7);

/** The tests that every kind of target must pass. Each kind runs them on a real store. */
export function conforms(kind: string, tried: Tried): void {
  const opened = async (place: Place): Promise<Target> => {
    const target = await place.open();
    onTestFinished(() => target.close());
    return target;
  };
  const openFresh = async (): Promise<{ target: Target; place: Place }> => {
    const place = await tried.fresh();
    return { place, target: await opened(place) };
  };

  describe(`a target of the kind ${kind}`, () => {
    test('is empty where nothing was written', async () => {
      const { target } = await openFresh();
      expect(await target.stat(small.name, calm)).toBeUndefined();
      expect(await target.read(small.name, calm)).toBeUndefined();
      expect(await listed(target)).toEqual([]);
      await target.remove(small.name, calm);
    });

    test.each([
      ['a small object', small],
      ['a large one', large],
      ['an empty one', payloadOf('ship-env-code-0.json', Buffer.alloc(0))]
    ])('holds %s as it was written, once', async (_, payload) => {
      const { target, place } = await openFresh();
      const progress: number[] = [];
      const arrival = await target.write(payload, { signal: calm, onProgress: bytes => progress.push(bytes) });
      expect(arrival).toMatchObject({ bytes: payload.bytes, sha256: payload.sha256, copiedBytes: 0 });
      expect(arrival?.sentBytes).toBe(payload.bytes);
      if (payload.bytes > 0) expect(progress.at(-1)).toBe(payload.bytes);
      await arrival?.verify(calm);
      await target.verify(payload, calm);
      expect(await target.stat(payload.name, calm)).toMatchObject({ bytes: payload.bytes });
      expect(await readFacts(target, payload.name, { signal: calm })).toMatchObject({
        bytes: payload.bytes,
        sha256: payload.sha256
      });
      expect(await target.write(payload, { signal: calm })).toBeUndefined();
      expect(await listed(target)).toMatchObject([{ name: payload.name, bytes: payload.bytes }]);
      expect(await place.left()).toEqual([payload.name]);
      await target.remove(payload.name, calm);
      expect(await place.left()).toEqual([]);
    });

    test('gives a small object whole, and refuses to take a large one into memory', async () => {
      const { target } = await openFresh();
      await target.write(small, { signal: calm });
      expect((await readSmall(target, small.name, calm))?.length).toBe(small.bytes);
      const huge = makePayload('env-00000002.json', 33 * 1024 * 1024);
      await target.write(huge, { signal: calm });
      expect(await failure(readSmall(target, huge.name, calm))).toMatchObject({ code: 'TARGET_CONFLICT' });
    });

    test('lets one of several writers create an object', async () => {
      const { place } = await openFresh();
      const targets = await Promise.all([1, 2, 3, 4].map(() => opened(place)));
      const arrivals = await Promise.all(targets.map(each => each.write(small, { signal: calm })));
      expect(arrivals.filter(each => each !== undefined)).toHaveLength(1);
      expect(await place.left()).toEqual([small.name]);
    });

    test('overwrites nothing, and says so where the size differs', async () => {
      const { target, place } = await openFresh();
      await target.write(small, { signal: calm });
      const other = makePayload(small.name, small.bytes + 1);
      expect(await failure(target.write(other, { signal: calm }))).toMatchObject({ code: 'TARGET_CONFLICT' });
      await target.verify(small, calm);
      expect(await place.left()).toEqual([small.name]);
    });

    test('does not take other bytes of the same size for an object', async () => {
      const { target, place } = await openFresh();
      const arrival = await target.write(small, { signal: calm });
      const before = await target.stat(small.name, calm);
      await place.tamper(small.name);
      expect(await failure(target.verify(small, calm))).toMatchObject({ code: 'TARGET_CHECKSUM' });
      expect(await failure(arrival?.verify(calm) ?? Promise.resolve())).toMatchObject({ code: 'TARGET_CHECKSUM' });
      const after = await target.stat(small.name, calm);
      if (before?.identity !== undefined) expect(after?.identity).not.toBe(before.identity);
    });

    test('says of an object that is gone that it was not verified', async () => {
      const { target } = await openFresh();
      expect(await failure(target.verify(small, calm))).toMatchObject({ code: 'TARGET_CHECKSUM' });
    });

    test('leaves nothing of a write that is cancelled', async () => {
      const { target, place } = await openFresh();
      const controller = new AbortController();
      const reason = new Error('cancelled');
      const onProgress = (): void => controller.abort(reason);
      await expect(target.write(large, { signal: controller.signal, onProgress })).rejects.toBe(reason);
      expect(await place.left()).toEqual([]);
      await expect(target.stat(small.name, controller.signal)).rejects.toBe(reason);
    });

    test('leaves nothing of a payload that ends early, or whose bytes are not what it promises', async () => {
      const { target, place } = await openFresh();
      await expect(target.write(torn(large), { signal: calm })).rejects.toThrow('torn');
      const lying = { ...small, sha256: 'ab'.repeat(32) };
      expect(await failure(target.write(lying, { signal: calm }))).toMatchObject({ code: 'CACHE_UNUSABLE' });
      expect(await place.left()).toEqual([]);
    });

    test.each(['', '.', '..', 'a/b', '../x', 'a\\b', 'a\nb'])('has no object of the name %j', async name => {
      const { target } = await openFresh();
      for (const ask of [
        () => target.stat(name, calm),
        () => target.write({ ...small, name }, { signal: calm }),
        () => target.remove(name, calm),
        async () => target.access.uri(name)
      ]) {
        expect(await failure(ask())).toMatchObject({ code: 'USAGE_INVALID' });
      }
    });

    test('estimates what a write sends, and writes nothing for that', async () => {
      const { target, place } = await openFresh();
      const reuse = (): Promise<[]> => Promise.resolve([]);
      expect(await target.estimate(spanned(large), { signal: calm, reuse })).toEqual({
        sentBytes: large.bytes,
        copiedBytes: 0
      });
      expect(await place.left()).toEqual([]);
    });

    test('is checked with a probe object that goes again', async () => {
      const { target, place } = await openFresh();
      await target.write(small, { signal: calm });
      await target.requireWritable(calm);
      expect(await target.check(calm)).toMatchObject({ url: target.url, writeMs: expect.any(Number) as number });
      expect(await place.left()).toEqual([small.name]);
    });

    test('has an address for Spark, and no secret in its properties', async () => {
      const { target } = await openFresh();
      expect(target.access.uri('env-1.pex')).toMatch(/^[a-z0-9]+:\/\/.*\/env-1\.pex$/u);
      const properties = JSON.stringify(target.access.sparkProperties());
      for (const [key, value] of Object.entries(process.env)) {
        if (/SECRET|TOKEN|PASSWORD/u.test(key) && value) expect(properties).not.toContain(value);
      }
    });
  });
}

async function listed(target: Target): Promise<TargetEntry[]> {
  const entries: TargetEntry[] = [];
  for await (const entry of target.list(calm)) entries.push(entry);
  return entries;
}

/** A payload whose second half cannot be read. */
function torn(payload: Payload): SpannedPayload {
  const whole = spanned(payload);
  return {
    ...whole,
    async *spans() {
      for await (const span of whole.spans()) {
        yield {
          ...span,
          read: (into, position) =>
            position > span.bytes / 2 ? Promise.reject(new Error('torn')) : span.read(into, position)
        };
      }
    }
  };
}
