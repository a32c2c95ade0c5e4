import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { HadoopClient } from '../../../src/targets/hadoop/client.js';
import { findClient } from '../../../src/targets/hadoop/find-client.js';
import { HadoopOperations } from '../../../src/targets/hadoop/operations.js';
import { HdfsServer, PYTHON, openAt } from '../../support/hdfs.js';
import type { Target } from '../../../src/targets/target.js';
import { deadOwner } from '../../support/dead-owner.js';
import { temporaryFolder } from '../../support/temporary.js';
import { calm, failure, makePayload } from '../../payloads/payloads.js';
import { conforms } from '../conformance.js';

// needs: hadoop

let server: HdfsServer;
let client: HadoopClient;
let files: HadoopOperations;

beforeAll(async () => {
  server = await HdfsServer.start();
  vi.stubEnv('HADOOP_CONF_DIR', server.configuration);
  client = new HadoopClient(() => findClient({ scheme: 'hdfs', python: PYTHON, env: process.env }));
  files = new HadoopOperations(client);
});

afterAll(async () => {
  // Undefined where the set-up failed.
  (client as HadoopClient | undefined)?.close();
  await (server as HdfsServer | undefined)?.stop();
});

conforms('hadoop', {
  fresh: async () => {
    const folder = server.fresh();
    return Promise.resolve({
      open: () => openAt(folder),
      left: async () => [...((await files.list(folder, calm)) ?? new Map<string, never>()).keys()].sort(),
      tamper: async name => {
        const content: Buffer[] = [];
        for await (const piece of files.read(`${folder}/${name}`, calm)) content.push(Buffer.from(piece));
        const bytes = Buffer.concat(content);
        bytes.writeUInt8(bytes.readUInt8(0) ^ 1);
        await files.remove(`${folder}/${name}`, calm);
        await files.write(`${folder}/${name}`, only(bytes), calm);
      }
    });
  }
});

const SHELL = 'org.apache.hadoop.fs.FsShell';
const ADMIN = 'org.apache.hadoop.hdfs.tools.DFSAdmin';
const payload = makePayload('env-00000001.json', 1000);

describe('a folder of HDFS', () => {
  test('is made by the first write, and everybody may read it whatever the umask is', async () => {
    await useConfiguration({ 'fs.permissions.umask-mode': '077' });
    const url = server.fresh();
    const target = await opened(url);
    expect(await target.check(calm)).toEqual({ url, parent: server.url + '/' });
    await target.write(payload, { signal: calm });
    const parent = url.slice(0, url.lastIndexOf('/'));
    const modes = await server.run(SHELL, '-stat', '%a', parent, url, `${url}/${payload.name}`);
    expect(modes.match(/^\d{3}$/gmu)).toEqual(['755', '755', '644']);
  });

  test('that this user may not write is refused before long work', async () => {
    const url = server.fresh();
    await files.makeFolder(url, calm);
    vi.stubEnv('HADOOP_USER_NAME', 'ann');
    await useConfiguration({});
    const target = await opened(url);
    expect(await failure(target.requireWritable(calm))).toMatchObject({ code: 'TARGET_DENIED' });
    expect(await failure(target.write(payload, { signal: calm }))).toMatchObject({ code: 'TARGET_DENIED' });
    expect(await failure(target.check(calm))).toMatchObject({ code: 'TARGET_DENIED' });
  });

  test('may hold folders, which are no objects', async () => {
    const url = server.fresh();
    await files.makeFolder(`${url}/folder`, calm);
    const target = await opened(url);
    expect(await failure(target.stat('folder', calm))).toMatchObject({ code: 'TARGET_CONFLICT' });
    expect(await failure(target.remove('folder', calm))).toMatchObject({ code: 'TARGET_CONFLICT' });
    for await (const entry of target.list(calm)) expect(entry).toMatchObject({ name: 'folder', isFile: false });
  });

  test('below a file is no folder', async () => {
    const url = server.fresh();
    await files.write(url, only(Buffer.from('x')), calm);
    const target = await opened(`${url}/envs`);
    expect(await failure(target.write(payload, { signal: calm }))).toMatchObject({ code: 'TARGET_BUCKET_MISSING' });
  });

  test('loses what killed ships left there with the next write', async () => {
    const url = server.fresh();
    await files.makeFolder(url, calm);
    const left = `.${await deadOwner()}.env-1.pex.${crypto.randomUUID()}.tmp`;
    await files.write(`${url}/${left}`, only(Buffer.from('x')), calm);
    await (await opened(url)).write(payload, { signal: calm });
    expect([...((await files.list(url, calm)) ?? [])].map(([name]) => name)).toEqual([payload.name]);
  });

  test('takes nothing in safe mode', async () => {
    await server.run(ADMIN, '-safemode', 'enter');
    onTestFinished(async () => {
      await server.run(ADMIN, '-safemode', 'leave');
    });
    const target = await opened(server.fresh());
    expect(await failure(target.write(payload, { signal: calm }))).toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('safe mode')
    });
  });

  test('is reached again after its client was killed', async () => {
    const target = await opened(server.fresh());
    await target.write(payload, { signal: calm });
    const asked = failure(
      target.write(makePayload('env-00000002.pex', 64 * 1024 * 1024), {
        signal: calm,
        onProgress: () => void killHelpers()
      })
    );
    expect(await asked).toMatchObject({ code: 'TARGET_FAILED', message: expect.stringContaining('SIGKILL') });
    expect(await target.stat(payload.name, calm)).toMatchObject({ bytes: payload.bytes });
  });
});

test.each([
  ['a port where nobody listens', 'hdfs://127.0.0.1:1/envs', 'TARGET_REFUSED'],
  ['a name service that no configuration has', 'hdfs://no-such-cluster/envs', 'TARGET_NAME_NOT_FOUND'],
  ['a file system without its jar', 'gs://bucket/envs', 'TARGET_CLIENT_MISSING'],
  ['a name with a colon', 'hdfs://127.0.0.1:1/a:b', 'TARGET_URL_INVALID']
])('%s is told in plain words', async (_, url, code) => {
  const target = await opened(url);
  expect(await failure(target.stat(payload.name, calm))).toMatchObject({ code });
});

async function opened(url: string): Promise<Target> {
  const target = await openAt(url);
  onTestFinished(() => target.close());
  return target;
}

/** Another configuration for the same HDFS: another client, with the environment of now. */
async function useConfiguration(properties: Readonly<Record<string, string>>): Promise<void> {
  const folder = await temporaryFolder();
  await cp(server.configuration, folder, { recursive: true });
  const path = join(folder, 'core-site.xml');
  const rows = Object.entries(properties).map(
    ([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`
  );
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('</configuration>', `${rows.join('')}</configuration>`));
  vi.stubEnv('HADOOP_CONF_DIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.stubEnv('HADOOP_CONF_DIR', server.configuration);
  });
}

/** Kills the helpers that this process started. */
async function killHelpers(): Promise<void> {
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/u.test(name))) {
    const [command, status] = await Promise.all(
      ['cmdline', 'status'].map(name => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => ''))
    );
    if (command?.includes('shipenv.HadoopHelper') && status?.includes(`PPid:\t${process.pid}\n`))
      process.kill(Number(pid), 'SIGKILL');
  }
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}
