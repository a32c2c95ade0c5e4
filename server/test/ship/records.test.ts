import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { execa } from 'execa';
import { shipRecord, type ShipRecord } from '../../src/contract/ship-record.js';
import { listRecords } from '../../src/inventory/log.js';
import { personHere } from '../../src/records/author.js';
import { isRecordName } from '../../src/records/record.js';
import { startFaultyProxy } from '../support/faulty-proxy.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { calm } from '../payloads/payloads.js';
import { useBucket } from '../targets/s3/bucket.js';
import { makePort, names, recordNames, type Port } from './port.js';

const bucket = useBucket();
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

async function records(port: Port): Promise<ShipRecord[]> {
  const found = await recordNames(port.directory);
  return Promise.all(
    found.map(async name => shipRecord.parse(JSON.parse(await readFile(join(port.directory, name), 'utf8'))))
  );
}

async function edit(version: string): Promise<void> {
  await kernel.edit(version);
  onTestFinished(() => kernel.edit('v1'));
}

test('a ship tells who shipped, which environment, and which commit of the code', async () => {
  const project = join(kernel.folder, 'harbour');
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], { cwd: project });
  await git('init', '-q');
  onTestFinished(() => rename(join(project, '.git'), join(kernel.folder, 'git-of-the-test')));
  await git('add', '-A', '--', ':!*.egg-info');
  await git('commit', '-qm', 'one');
  const { stdout: commit } = await git('rev-parse', 'HEAD');
  const port = await makePort(kernel);
  const { artifact } = await port.ship();
  await edit('v2');
  await port.ship();
  const [first, second] = await records(port);
  expect(first).toMatchObject({
    by: personHere(),
    environment: { name: 'venv' },
    artifact: { id: artifact.id, distributions: 1 },
    code: [{ name: 'harbour', commit, isDirty: false }],
    isEphemeral: false
  });
  expect(second?.code).toMatchObject([{ commit, isDirty: true }]);
  expect(JSON.stringify(first)).not.toContain(kernel.folder);
});

test('a ship of what was recorded before writes no record; one of something else tells what changed', async () => {
  const port = await makePort(kernel);
  await port.ship();
  await port.ship();
  // The directory could not tell the identity of new files at once; now it can.
  await port.ship();
  expect(await recordNames(port.directory)).toHaveLength(1);
  await kernel.install('toml==0.10.2', 'six==1.16.0');
  onTestFinished(async () => {
    await kernel.uninstall('toml');
    await kernel.install('six==1.17.0');
  });
  await port.ship();
  await edit('v2');
  await port.ship();
  const found = await records(port);
  expect(found.map(({ changes }) => changes)).toEqual([
    undefined,
    {
      since: (await recordNames(port.directory))[0],
      added: [{ name: 'toml', version: '0.10.2' }],
      removed: [],
      changed: [{ name: 'six', from: '1.17.0', to: '1.16.0' }],
      code: []
    },
    expect.objectContaining({ added: [], removed: [], changed: [], code: ['harbour'] })
  ]);
});

test('back to an earlier state: nothing is sent, and the record says what is used now', async () => {
  const port = await makePort(kernel);
  await port.ship();
  await edit('v2');
  await port.ship();
  await kernel.edit('v1');
  expect(await port.ship()).toMatchObject({ uploadedBytes: 0 });
  const [first, , third] = await records(port);
  expect(third?.code).toEqual(first?.code);
});

test('another machine records its own use of the same environment, and finds the record before on the target', async () => {
  const [port, other] = [await makePort(kernel), await makePort(kernel)];
  await port.ship();
  const target = port.request().target;
  expect(await other.ship({ more: { target } })).toMatchObject({ uploadedBytes: 0, reused: true });
  const [first] = await recordNames(port.directory);
  expect((await records(port))[1]?.changes).toMatchObject({ since: first, added: [], removed: [], code: [] });
});

test('a dry run writes no record', async () => {
  const port = await makePort(kernel);
  await port.ship({ more: { dryRun: true } });
  expect(await recordNames(port.directory)).toEqual([]);
});

test('a store that refuses the record: the ship is complete, says so, and tries again the next time', async () => {
  const url = bucket.freshUrl();
  const port = await makePort(kernel);
  let refused = 0;
  const proxy = await startFaultyProxy(bucket.server.endpoint, async passing => {
    const isRecord = passing.method === 'PUT' && isRecordName(/[^/?]+(?=\?|$)/u.exec(passing.path)?.[0] ?? '');
    if (!isRecord) return passing.forward();
    refused += 1;
    return { status: 403, headers: {}, body: Buffer.from('<Error><Code>AccessDenied</Code></Error>') };
  });
  onTestFinished(() => proxy.stop());
  const target = bucket.server.settings(url, { endpoint: proxy.endpoint });
  for (const time of [1, 2]) {
    const { findings } = await port.ship({ more: { target } });
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'no-record' }));
    expect(refused).toBe(time);
  }
  const real = bucket.server.settings(url);
  await port.ship({ more: { target: real } });
  expect((await listRecords(real, 5, calm)).records).toMatchObject([{ record: { environment: { name: 'venv' } } }]);
});

test('log reads the newest few, and shows one that cannot be read without hiding the others', async () => {
  const port = await makePort(kernel);
  await port.ship();
  await edit('v2');
  await port.ship();
  const target = port.request().target;
  const [older, newer] = await recordNames(port.directory);
  expect(await listRecords(target, 1, calm)).toMatchObject({ records: [{ name: newer }], all: 2 });
  await mkdir(join(port.directory, `ship-env-ship-20200101T000000000Z-${'0'.repeat(32)}.json`));
  const { records: shown } = await listRecords(target, 9, calm);
  expect(shown).toMatchObject([
    { name: newer, record: {} },
    { name: older, record: {} },
    { problem: expect.stringContaining('not a file') }
  ]);
  expect(await names(port.directory)).not.toContain(older);
});
