import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Manifest } from '../../src/contract/manifest.js';
import type { ShipResult } from '../../src/contract/ship.js';
import { isRecordName } from '../../src/records/record.js';
import type { KnownManifests } from '../../src/ship/holdings.js';
import { Recent } from '../../src/system/cache/recent.js';
import { startFaultyProxy } from '../support/faulty-proxy.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { useBucket } from '../targets/s3/bucket.js';
import { makePort, ofAnotherPython, type Port } from './port.js';

const bucket = useBucket();
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

let url: string;
let port: Port;
beforeEach(async () => {
  [url, port] = [bucket.freshUrl(), await makePort(kernel)];
});

/** A ship, and its requests about objects in order: `GET env-1.json 404`. */
async function watch(
  manifests?: KnownManifests
): Promise<{ result: ShipResult; asked: string[]; ofRecords: string[] }> {
  const asked: string[] = [];
  const proxy = await startFaultyProxy(bucket.server.endpoint, async passing => {
    const answer = await passing.forward();
    const name = /\/([^/?]+)(?:\?|$)/.exec(passing.path.slice(new URL(url).pathname.length))?.[1];
    if (name !== undefined) asked.push(`${passing.method} ${name} ${answer.status}`);
    return answer;
  });
  onTestFinished(() => proxy.stop());
  const target = bucket.server.settings(url, { endpoint: proxy.endpoint });
  const result = await port.ship({ more: { target }, ...(manifests && { manifests }) });
  const isOfRecord = (each: string): boolean => isRecordName(each.split(' ')[1] ?? '');
  return { result, asked: asked.filter(each => !isOfRecord(each)), ofRecords: asked.filter(isOfRecord) };
}

async function add(requirement: string, name: string): Promise<void> {
  await kernel.install(requirement);
  onTestFinished(() => kernel.uninstall(name));
}

test('a process that remembers reads each manifest once, and again when there is another one', async () => {
  const manifests: KnownManifests = new Recent<Manifest>(8);
  const readBy = async (): Promise<{ name: string; reads: string[] }> => {
    const { result, asked } = await watch(manifests);
    // The record of a ship reads the manifest of the record before, to say what changed.
    const reads = [...new Set(asked.flatMap(each => /^GET (env-.*\.json) 200$/.exec(each)?.[1] ?? []))];
    return { name: `${result.artifact.id}.json`, reads };
  };
  const first = await readBy();
  await add('toml==0.10.2', 'toml');
  const second = await readBy();
  await add('idna==3.10', 'idna');
  const third = await readBy();
  expect([first.reads, second.reads, third.reads]).toEqual([[], [first.name], [second.name]]);
  const Key = `${url.slice('s3://ship/'.length)}/${first.name}`;
  const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: 'ship', Key }));
  const other = ofAnotherPython((await Body?.transformToString()) ?? '');
  await bucket.client.send(new PutObjectCommand({ Bucket: 'ship', Key, Body: other }));
  await add('iniconfig==2.0.0', 'iniconfig');
  expect((await readBy()).reads.sort()).toEqual([first.name, third.name].sort());
});

test('an edited line asks of each of its files once whether it is there, and once whether it arrived', async () => {
  const { result } = await watch();
  await kernel.edit('v2');
  onTestFinished(() => kernel.edit('v1'));
  const { result: edited, asked, ofRecords } = await watch();
  const [code] = edited.code;
  const files = [code?.name ?? '', pointerIn(asked)];
  expect(asked.sort()).toEqual(
    [
      `GET ${result.artifact.id}.json 200`,
      `HEAD ${result.artifact.name} 200`,
      // What the ship relied on must still be there when its record is.
      `HEAD ${result.artifact.id}.json 200`,
      `HEAD ${result.artifact.name} 200`,
      ...files.flatMap(name => [`HEAD ${name} 404`, `PUT ${name} 200`, `HEAD ${name} 200`])
    ].sort()
  );
  // The record before, and the new one.
  expect(ofRecords.map(each => each.replace(/ \S+ /u, ' '))).toEqual(['GET 200', 'PUT 200']);
});

test('an unchanged ship asks nothing about records', async () => {
  const asked: string[] = [];
  const proxy = await startFaultyProxy(bucket.server.endpoint, passing => {
    asked.push(passing.path);
    return passing.forward();
  });
  onTestFinished(() => proxy.stop());
  const target = bucket.server.settings(url, { endpoint: proxy.endpoint });
  await port.ship({ more: { target } });
  expect(asked.some(path => path.includes('ship-env-ship-'))).toBe(true);
  asked.length = 0;
  await port.ship({ more: { target } });
  expect(asked).toHaveLength(4);
  expect(asked.some(path => path.includes('ship-env-ship-'))).toBe(false);
});

test('a new artifact is looked for twice before it is sent, and its manifest once more before that is', async () => {
  const { result, asked } = await watch();
  const { id, name } = result.artifact;
  const manifest = `${id}.json`;
  expect(asked.filter(each => each.includes(id)).sort()).toEqual(
    [
      ...[`GET ${manifest} 404`, `HEAD ${name} 404`, `HEAD ${manifest} 404`, `HEAD ${name} 404`],
      ...[`PUT ${name} 200`, `HEAD ${name} 200`],
      ...[`HEAD ${manifest} 404`, `PUT ${manifest} 200`],
      ...[`HEAD ${manifest} 200`, `HEAD ${name} 200`]
    ].sort()
  );
});

function pointerIn(asked: readonly string[]): string {
  return asked.map(each => /^PUT (ship-env-code-\S+)/.exec(each)?.[1]).find(name => name !== undefined) ?? '';
}
