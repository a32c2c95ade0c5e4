import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { shipRecord } from '../../src/contract/ship-record.js';
import { remove, type RemoveOptions } from '../../src/inventory/remove.js';
import { recordPayload } from '../../src/records/record.js';
import { Cache } from '../../src/system/cache/cache.js';
import { calm, failure } from '../payloads/payloads.js';
import { makePort, recordNames, type Port } from '../ship/port.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { buffer } from 'node:stream/consumers';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

function removeFrom(port: Port, names: string[], more: Partial<RemoveOptions> = {}, cache = port.cache) {
  return remove(port.request().target, { names, force: false, dryRun: false, ...more }, { cache, signal: calm });
}

async function left(port: Port): Promise<string[]> {
  return (await readdir(port.directory)).sort();
}

/** Adds a record of another person, of the same objects as the first record. */
async function recordOfOther(port: Port): Promise<void> {
  const [name = ''] = await recordNames(port.directory);
  const record = shipRecord.parse(JSON.parse(await readFile(join(port.directory, name), 'utf8')));
  const other = recordPayload({ ...record, by: { ...record.by, user: 'bob' }, at: '2026-01-02T03:04:05.000Z' });
  await writeFile(join(port.directory, other.name), await buffer(other.open()));
}

describe('an environment', () => {
  test.each(['id', 'artifact', 'manifest'])('goes by its %s, with its manifest and records; code stays', async by => {
    const port = await makePort(kernel);
    const { artifact, code } = await port.ship();
    const name = { id: artifact.id, artifact: artifact.name, manifest: `${artifact.id}.json` }[by] ?? '';
    const before = await left(port);
    const dry = await removeFrom(port, [name], { dryRun: true });
    expect(await left(port)).toEqual(before);
    const { removed } = await removeFrom(port, [name]);
    expect(removed).toEqual(dry.removed);
    expect(removed.map(object => object.name).slice(0, 2)).toEqual([`${artifact.id}.json`, artifact.name]);
    expect(await left(port)).toEqual([code[0]?.name, expect.stringMatching(/^ship-env-code-/u)]);
    await port.ship();
    expect(await left(port)).toHaveLength(5);
  });

  test('whose manifest cannot be read goes, too', async () => {
    const port = await makePort(kernel);
    const { artifact } = await port.ship();
    await writeFile(join(port.directory, `${artifact.id}.json`), 'no JSON', { flag: 'w' });
    await removeFrom(port, [artifact.id]);
    expect((await left(port)).filter(name => name.startsWith('env-'))).toEqual([]);
  });
});

describe('code', () => {
  test('an archive goes with the pointer files that need it, and a pointer file with what only it needs', async () => {
    const port = await makePort(kernel);
    const { code: first } = await port.ship();
    await kernel.edit('v2');
    onTestFinished(() => kernel.edit('v1'));
    const { code: second } = await port.ship();
    await removeFrom(port, [first[0]?.name ?? '']);
    const rest = await left(port);
    expect(rest).not.toContain(first[0]?.name);
    expect(rest).toContain(second[0]?.name);
    const pointers = rest.filter(name => name.startsWith('ship-env-code-'));
    expect(pointers).toHaveLength(1);
    await removeFrom(port, pointers);
    expect((await left(port)).filter(name => name.endsWith('.zip'))).toEqual([]);
  });
});

describe('refused', () => {
  test('what somebody else shipped stays and says who, unless forced', async () => {
    const port = await makePort(kernel);
    const { artifact } = await port.ship();
    await recordOfOther(port);
    const before = await left(port);
    expect(await failure(removeFrom(port, [artifact.id]))).toMatchObject({
      code: 'TARGET_IN_USE',
      message: expect.stringMatching(/bob on .* shipped it, last on 2026-01-02/u)
    });
    expect(await left(port)).toEqual(before);
    await removeFrom(port, [artifact.id], { force: true });
    expect(await left(port)).toHaveLength(2);
  });

  test('what no record tells of, and no ship of this machine used, stays unless forced', async () => {
    const port = await makePort(kernel);
    const { artifact } = await port.ship();
    await removeFrom(port, await recordNames(port.directory));
    const stranger = await Cache.open(await temporaryFolder());
    expect(await failure(removeFrom(port, [artifact.id], {}, stranger))).toMatchObject({ code: 'TARGET_IN_USE' });
    expect((await removeFrom(port, [artifact.id])).removed).toHaveLength(2);
  });

  test.each(['notes.txt', 'env-1', '../env-aaaaaaaaaaaaaaaaaaaa', ''])('%j is no name of ours', async name => {
    const port = await makePort(kernel);
    await port.ship();
    await writeFile(join(port.directory, 'notes.txt'), 'mine');
    expect(await failure(removeFrom(port, [name], { force: true }))).toMatchObject({ code: 'USAGE_INVALID' });
    expect(await left(port)).toContain('notes.txt');
  });

  test('what is not there, and then nothing of the other names goes', async () => {
    const port = await makePort(kernel);
    const { artifact } = await port.ship();
    const before = await left(port);
    const absent = `env-${'0'.repeat(20)}`;
    expect(await failure(removeFrom(port, [artifact.id, absent]))).toMatchObject({ code: 'ARTIFACT_NOT_SHIPPED' });
    expect(await left(port)).toEqual(before);
  });
});

test('a record of another person, and code that a pointer file beyond reading may need, go by force only', async () => {
  const port = await makePort(kernel);
  const { code } = await port.ship();
  const [own = ''] = await recordNames(port.directory);
  await recordOfOther(port);
  const other = (await recordNames(port.directory)).find(name => name !== own) ?? '';
  expect(await failure(removeFrom(port, [other]))).toMatchObject({
    code: 'TARGET_IN_USE',
    message: expect.stringContaining(`${other} is a record of bob`)
  });
  await removeFrom(port, [other], { force: true });

  const unreadable = `ship-env-code-00000000000000000001-${'a'.repeat(32)}.json`;
  await writeFile(join(port.directory, unreadable), 'no JSON');
  expect(await failure(removeFrom(port, [code[0]?.name ?? '']))).toMatchObject({
    message: expect.stringContaining(`${unreadable} cannot be read and may need the code`)
  });
  await removeFrom(port, [own]);
});
