import { createHash } from 'node:crypto';
import { open, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { exitOf } from '../../support/bundle.js';
import { startFaultyProxy, type Fault } from '../../support/faulty-proxy.js';
import type { KernelVenv } from '../../support/kernel-venv.js';
import { temporaryFolder } from '../../support/temporary.js';
import { useBucket } from '../../targets/s3/bucket.js';
import { fetchedIn, makeHarbour, runIn, saveTarget, shipTo, startRun } from './support.js';

const bucket = useBucket();
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeHarbour();
});
afterAll(() => kernel.remove());

const VERSION = ['-c', 'import harbour, six; print(harbour.VERSION, six.__version__)'];
const RIGHT = { exitCode: 0, stdout: 'v1 1.17.0\n' };

/** A target in a directory, and the words that run what was shipped there. */
async function shipped(): Promise<{ folder: string; named: string[] }> {
  const home = await temporaryFolder();
  const folder = join(home, 'target');
  return { folder, named: await shipTo(`file://${folder}`, kernel, home) };
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Changes one byte in the middle of a file, and gives it back its time. */
async function damage(path: string): Promise<void> {
  const { size, atime, mtime } = await stat(path);
  const file = await open(path, 'r+');
  const place = size >> 1;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, place);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, place);
  await file.close();
  await utimes(path, atime, mtime);
}

test.each([
  ['artifact', /\.pex$/u],
  ['code archive', /\.zip$/u],
  ['pointer file', /^ship-env-code-/u]
])('an edited %s on the target is refused before anything of it runs, and nothing of it stays', async (_, pattern) => {
  const { folder, named } = await shipped();
  const name = (await readdir(folder)).find(each => pattern.test(each)) ?? '';
  await damage(join(folder, name));
  const home = await temporaryFolder();
  const ran = await runIn(home, named, VERSION);
  expect(ran).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringContaining('[TARGET_CONFLICT]') });
  expect(ran.stderr).toContain(name);
  expect((await fetchedIn(home)).filter(path => path.includes(name) || path.includes('/ship-env/tmp/'))).toEqual([]);
});

test('a manifest that contradicts itself is refused', async () => {
  const { folder, named } = await shipped();
  const path = join(folder, `${named[3] ?? ''}.json`);
  await writeFile(path, (await readFile(path, 'utf8')).replace(/"offset": \d+/u, '"offset": 1'));
  const ran = await runIn(await temporaryFolder(), named, VERSION);
  expect(ran).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('the offset of') });
});

test('what was damaged in the cache is noticed, and fetched anew', async () => {
  const { named } = await shipped();
  const home = await temporaryFolder();
  expect(await runIn(home, named, VERSION)).toMatchObject(RIGHT);
  const files = await fetchedIn(home);
  const artifact = files.find(path => path.endsWith('.pex')) ?? '';
  const module = files.find(path => path.endsWith('harbour/__init__.py')) ?? '';
  const good = await Promise.all([artifact, module].map(digestOf));
  for (const path of [artifact, module]) await damage(path);
  expect(await runIn(home, named, VERSION)).toMatchObject(RIGHT);
  expect(await Promise.all([artifact, module].map(digestOf))).toEqual(good);
});

/** Ships to the bucket, and puts a proxy before it for whoever runs. */
async function shippedBehind(fault: Fault): Promise<{ named: string[]; home: string; env: Record<string, string> }> {
  const url = bucket.freshUrl();
  const home = await temporaryFolder();
  const env = bucket.server.environment;
  await saveTarget(home, { ...bucket.server.settings(url), name: 'store' });
  const named = await shipTo('store', kernel, home, env);
  const proxy = await startFaultyProxy(bucket.server.endpoint, fault);
  onTestFinished(() => proxy.stop());
  const elsewhere = await temporaryFolder();
  await saveTarget(elsewhere, { ...bucket.server.settings(url, { endpoint: proxy.endpoint }), name: 'store' });
  return { named, home: elsewhere, env };
}

test('from S3 the artifact and the code are fetched once: a second run asks for neither', async () => {
  const asked: string[] = [];
  const { named, home, env } = await shippedBehind(passing => {
    asked.push(`${passing.method} ${passing.path.replace(/^.*\/|\?.*$/gu, '')}`);
    return passing.forward();
  });
  const big = /^GET .*\.(?:pex|zip)$/u;
  expect(await runIn(home, named, VERSION, { env })).toMatchObject(RIGHT);
  expect(asked.filter(each => big.test(each))).toHaveLength(2);
  asked.length = 0;
  expect(await runIn(home, named, VERSION, { env })).toMatchObject(RIGHT);
  expect(asked.filter(each => big.test(each))).toEqual([]);
  expect(asked.length).toBeGreaterThan(0);
});

test('a cancelled fetch leaves nothing, and the next one fetches', async () => {
  let isHanging = true;
  const hanging = new EventTarget();
  const { named, home, env } = await shippedBehind(async passing => {
    if (!isHanging || !/\.pex/u.test(passing.path)) return passing.forward();
    hanging.dispatchEvent(new Event('asked'));
    await once(hanging, 'enough');
    return 'drop';
  });
  const child = startRun(home, named, VERSION, env);
  const exited = exitOf(child);
  await once(hanging, 'asked');
  child.kill('SIGINT');
  expect(await exited).toBe(130);
  isHanging = false;
  hanging.dispatchEvent(new Event('enough'));
  expect(await fetchedIn(home)).toEqual([]);
  expect(await runIn(home, named, VERSION, { env })).toMatchObject(RIGHT);
});
