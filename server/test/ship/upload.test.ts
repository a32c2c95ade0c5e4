import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { targetSettings } from '../../src/contract/target-settings.js';
import { transaction, type TransactionContext } from '../../src/ship/undo/transaction.js';
import { Upload, type Wanted } from '../../src/ship/upload.js';
import { openTarget, type Target } from '../../src/targets/index.js';
import { Verified } from '../../src/trust/verified.js';
import { temporaryFolder } from '../support/temporary.js';
import { calm, makePayload, payloadOf, put } from '../payloads/payloads.js';

const artifact = makePayload('env-00000001.pex', 1000);
const manifest = payloadOf('env-00000001.json', Buffer.from('{}'));
const wanted: Wanted = { code: [makePayload('harbour-1.zip', 100)], environment: { artifact, manifest } };
const quiet = (): void => undefined;

async function openHarbour(): Promise<{ cache: Cache; directory: string; target: Target }> {
  const cache = await Cache.open(join(await temporaryFolder(), 'cache'));
  const directory = await temporaryFolder();
  const target = await openTarget(targetSettings.parse({ name: '', url: pathToFileURL(directory).href }));
  return { cache, directory, target };
}

/** Runs work with an upload, in a transaction like that of a ship. */
function uploading(
  cache: Cache,
  target: Target,
  work: (upload: Upload, held: TransactionContext) => Promise<void>
): Promise<void> {
  return transaction(cache, target, calm, async held => {
    const verified = await Verified.open(cache, target);
    await work(new Upload({ target, verified, ...held, reuse: () => Promise.resolve([]) }), held);
  });
}

test('a ship whose lock is lost takes back what it sent, and says so', async () => {
  const { cache, directory, target } = await openHarbour();
  let sent: string[] = [];
  const work = uploading(cache, target, async (upload, { signal }) => {
    await upload.send([artifact], quiet);
    sent = await readdir(directory);
    await rm(cache.root, { recursive: true });
    await once(signal, 'abort');
    await upload.publish(wanted, quiet);
  });
  await expect(work).rejects.toMatchObject({ code: 'CACHE_UNUSABLE', hint: expect.stringContaining('hip again') });
  expect(sent).toEqual([artifact.name]);
  expect(await readdir(directory)).toEqual([]);
});

test('an artifact that did not arrive as sent is removed although a manifest vouches for it', async () => {
  const { cache, directory, target } = await openHarbour();
  await put(target, manifest, { signal: calm });
  const work = uploading(cache, target, async upload => {
    const missing = await upload.missing(wanted);
    await upload.send(missing, quiet);
    await writeFile(join(directory, artifact.name), Buffer.alloc(artifact.bytes, 7));
    await upload.verify(missing, quiet);
  });
  await expect(work).rejects.toMatchObject({ code: 'TARGET_CHECKSUM' });
  expect(await readdir(directory)).toEqual([manifest.name]);
});

test('an artifact that is gone after its manifest came is sent again', async () => {
  const { cache, directory, target } = await openHarbour();
  const reported: string[] = [];
  await uploading(cache, target, async upload => {
    await upload.send(await upload.missing(wanted), quiet);
    await rm(join(directory, artifact.name));
    await upload.publish(wanted, ({ detail = '' }) => reported.push(detail));
  });
  expect((await readdir(directory)).sort()).toEqual([manifest.name, artifact.name, 'harbour-1.zip']);
  expect(reported).toContain(artifact.name);
});

test('what is published stays, whatever fails after it', async () => {
  const { cache, directory, target } = await openHarbour();
  const work = uploading(cache, target, async (upload, { journal }) => {
    await upload.send(await upload.missing(wanted), quiet);
    expect(journal.isPublished).toBe(false);
    await upload.publish(wanted, quiet);
    expect(journal.isPublished).toBe(true);
    throw new Error('stopped');
  });
  await expect(work).rejects.toThrow('stopped');
  expect((await readdir(directory)).sort()).toEqual([manifest.name, artifact.name, 'harbour-1.zip']);
});

test('of a ship that sent the artifact of another one again nothing stays when it fails', async () => {
  const { cache, directory, target } = await openHarbour();
  await put(target, artifact, { signal: calm });
  const work = uploading(cache, target, async upload => {
    await upload.send(await upload.missing(wanted), quiet);
    await rm(join(directory, artifact.name));
    await upload.send([artifact], quiet);
    throw new Error('stopped');
  });
  await expect(work).rejects.toThrow('stopped');
  expect(await readdir(directory)).toEqual([]);
});
