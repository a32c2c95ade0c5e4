import { rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { takeBack } from '../../src/ship/undo/ephemeral.js';
import { personHere } from '../../src/records/author.js';
import { recordPayload } from '../../src/records/record.js';
import { shipRecord } from '../../src/contract/ship-record.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { useBucket } from '../targets/s3/bucket.js';
import { makePort, names, recordNames, type Port } from './port.js';

const bucket = useBucket();
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

/** A ship for one job: the names of the objects that it created. */
async function shipForOneJob(port: Port): Promise<string[]> {
  const created: string[] = [];
  await port.ship({ onCreated: each => void created.push(...each) });
  return created;
}

function everything(port: Port): Promise<string[]> {
  return Promise.all([names(port.directory), recordNames(port.directory)]).then(all => all.flat().sort());
}

test('what a ship created for one job goes when the job ends, its record included', async () => {
  const port = await makePort(kernel);
  const created = await shipForOneJob(port);
  expect(created.sort()).toEqual(await everything(port));
  const { removed, kept } = await takeBack(port.request().target, created, port);
  expect([...removed].sort()).toEqual(created);
  expect(kept).toEqual([]);
  expect(await everything(port)).toEqual([]);
});

test('what was there before stays', async () => {
  const port = await makePort(kernel);
  await port.ship();
  const before = await everything(port);
  await kernel.edit('v2');
  onTestFinished(() => kernel.edit('v1'));
  const created = await shipForOneJob(port);
  expect(created.filter(name => before.includes(name))).toEqual([]);
  await takeBack(port.request().target, created, port);
  expect(await everything(port)).toEqual(before);
});

test('what another ship uses meanwhile stays: one of this machine, and one of another', async () => {
  const [port, other] = [await makePort(kernel), await makePort(kernel)];
  const created = await shipForOneJob(port);
  await port.ship();
  expect((await takeBack(port.request().target, created, port)).removed).toMatchObject([
    expect.stringMatching(/^ship-env-ship-/u)
  ]);
  expect(await names(port.directory)).toHaveLength(4);

  const third = await makePort(kernel);
  const createdThere = await shipForOneJob(third);
  await other.ship({ more: { target: third.request().target } });
  await takeBack(third.request().target, createdThere, third);
  expect(await names(third.directory)).toHaveLength(4);
});

test('a machine that shipped the same before the job did says so again', async () => {
  const port = await makePort(kernel);
  const other = await makePort(kernel);
  const target = port.request().target;
  await other.ship({ more: { target } });
  await takeBack(target, [...(await everything(port))], { cache: port.cache });
  expect(await everything(port)).toEqual([]);
  const created = await shipForOneJob(port);
  await other.ship({ more: { target } });
  await takeBack(target, created, port);
  expect(await names(port.directory)).toHaveLength(4);
});

test('a record that comes while the manifest goes brings the manifest back', async () => {
  const url = bucket.freshUrl();
  const port = await makePort(kernel);
  const target = bucket.server.settings(url);
  const created: string[] = [];
  await port.ship({ more: { target }, onCreated: each => void created.push(...each) });
  const recordOfOther = async (): Promise<void> => {
    const { GetObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const prefix = url.slice('s3://ship/'.length);
    const own = created.find(name => name.startsWith('ship-env-ship-')) ?? '';
    const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: 'ship', Key: `${prefix}/${own}` }));
    const record = shipRecord.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    const { name, open } = recordPayload({ ...record, by: { ...personHere(), user: 'somebody' } });
    const { buffer } = await import('node:stream/consumers');
    await bucket.client.send(
      new PutObjectCommand({ Bucket: 'ship', Key: `${prefix}/${name}`, Body: await buffer(open()) })
    );
  };
  const { startFaultyProxy } = await import('../support/faulty-proxy.js');
  const proxy = await startFaultyProxy(bucket.server.endpoint, async passing => {
    if (passing.method === 'DELETE' && /\/env-[0-9a-f]{20}\.json/u.test(passing.path)) await recordOfOther();
    return passing.forward();
  });
  onTestFinished(() => proxy.stop());
  const { removed } = await takeBack(bucket.server.settings(url, { endpoint: proxy.endpoint }), created, port);
  expect(removed.filter(name => !name.startsWith('ship-env-ship-'))).toEqual([]);
  const left = (await bucket.leftBelow(url)).keys.map(key => key.replace(/^.*\//u, ''));
  expect(left).toEqual(expect.arrayContaining(created.filter(name => !name.startsWith('ship-env-ship-'))));
});

test('a ship whose environment is taken back before its record is there ships it itself', async () => {
  const port = await makePort(kernel);
  const created = await shipForOneJob(port);
  const other = await makePort(kernel);
  const target = port.request().target;
  let hasTaken = false;
  // The job ends between the look at the target and the record.
  const result = await other.ship({
    more: { target },
    emit: ({ name, state }) => {
      if (name !== 'publish' || state !== 'done' || hasTaken) return;
      hasTaken = true;
      for (const object of created) unlinkIn(port, object);
    }
  });
  expect(hasTaken).toBe(true);
  expect(result.uploadedBytes).toBeGreaterThan(0);
  expect(await names(port.directory)).toHaveLength(4);
});

test('a manifest that is no record of ours keeps nothing, and a damaged record neither', async () => {
  const port = await makePort(kernel);
  const created = await shipForOneJob(port);
  const [record = ''] = await recordNames(port.directory);
  const text = await readFile(join(port.directory, record), 'utf8');
  const foreign = record.replace(/[0-9a-f]{32}/u, 'f'.repeat(32));
  await writeFile(join(port.directory, foreign), text);
  await takeBack(port.request().target, created, port);
  expect(await everything(port)).toEqual([foreign]);
});

function unlinkIn(port: Port, name: string): void {
  rmSync(join(port.directory, name), { force: true });
}
