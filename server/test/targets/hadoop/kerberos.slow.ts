import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { startKerberos, type Kerberos } from '../../../../scripts/cluster/kerberos.mjs';
import { startSecuredHdfs, type SecuredHdfs } from '../../../../scripts/cluster/secured-hdfs.mjs';
import type { Target } from '../../../src/targets/target.js';
import { calm, failure, makePayload } from '../../payloads/payloads.js';
import { HdfsServer, openAt } from '../../support/hdfs.js';
import { removeFolder } from '../../support/temporary.js';

let folder: string;
let kerberos: Kerberos;
let hdfs: SecuredHdfs;
let keytab: string;
let cache: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-kerberos-'));
  kerberos = await startKerberos({ folder, env: process.env });
  hdfs = await startSecuredHdfs({ folder, env: process.env, kerberos });
  keytab = await kerberos.keytab('alice');
  cache = join(folder, 'ticket');
});

beforeEach(async () => {
  vi.stubEnv('HADOOP_CONF_DIR', hdfs.client);
  vi.stubEnv('KRB5_CONFIG', kerberos.configuration);
  vi.stubEnv('KRB5CCNAME', cache);
  await rm(cache, { force: true });
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (hdfs as SecuredHdfs | undefined)?.stop();
  await (kerberos as Kerberos | undefined)?.stop();
  await removeFolder(folder);
});

const payload = makePayload('env-00000001.json', 1000);
const large = makePayload('env-00000001.pex', 20 * 1024 * 1024);

test('with a ticket, HDFS takes and gives objects', async () => {
  await kerberos.kinit('alice', keytab, cache, '1h');
  const target = await opened();
  const arrival = await target.write(large, { signal: calm });
  await arrival?.verify(calm);
  expect(await target.stat(large.name, calm)).toMatchObject({ bytes: large.bytes });
  await target.check(calm);
});

test('without a ticket, a ship is told to run kinit, and works after it in the same process', async () => {
  const target = await opened();
  expect(await failure(target.stat(payload.name, calm))).toMatchObject({
    code: 'TARGET_CREDENTIALS_MISSING',
    message: expect.stringContaining('no valid Kerberos ticket'),
    hint: expect.stringContaining('kinit')
  });
  await kerberos.kinit('alice', keytab, cache, '1h');
  expect(await target.stat(payload.name, calm)).toBeUndefined();
});

test('with an expired ticket, a ship is told to run kinit', async () => {
  await kerberos.kinit('alice', keytab, cache, '2s');
  await vi.waitFor(async () => expect(await kerberos.isValid(cache)).toBe(false), { timeout: 60_000, interval: 200 });
  const error = await failure((await opened()).write(payload, { signal: calm }));
  expect(error).toMatchObject({ code: expect.stringMatching(/^TARGET_(?:CREDENTIALS_MISSING|SIGNATURE)$/u) });
  expect(error.hint).toContain('kinit');
});

test('a client that is not configured for Kerberos is told what the cluster wants', async () => {
  const plain = await HdfsServer.start();
  onTestFinished(() => plain.stop());
  vi.stubEnv('HADOOP_CONF_DIR', plain.configuration);
  expect(await failure((await opened()).stat(payload.name, calm))).toMatchObject({
    code: 'TARGET_CREDENTIALS_MISSING',
    message: expect.stringContaining('wants Kerberos')
  });
});

test('a Kerberos server that is gone is told', async () => {
  await kerberos.kinit('alice', keytab, cache, '1h');
  await kerberos.stop();
  expect(await failure((await opened()).stat(payload.name, calm))).toMatchObject({
    code: 'TARGET_REFUSED',
    message: expect.stringContaining('Kerberos server does not answer'),
    hint: expect.stringContaining('kinit')
  });
});

async function opened(): Promise<Target> {
  const target = await openAt(`${hdfs.url}/user/alice/envs`);
  onTestFinished(() => target.close());
  return target;
}
