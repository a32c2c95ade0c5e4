import { appendFile, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { toShipRequest } from '../../src/cli/request.js';
import { configOf } from '../../src/ship/config.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { writeTree } from './code/helpers.js';
import { makePort, names, type Port } from '../ship/port.js';

let kernel: KernelVenv;
let site = '';
let port: Port;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
  const lib = join(dirname(dirname(kernel.python)), 'lib');
  site = join(lib, (await readdir(lib)).find(name => name.startsWith('python')) ?? '', 'site-packages');
});
afterAll(() => kernel.remove());
beforeEach(async () => {
  port = await makePort(kernel);
});

/** Adds a file to six, like a person or a script: with a line in RECORD, but without a hash. */
async function dropInto(path: string): Promise<string> {
  const record = join(site, 'six-1.17.0.dist-info', 'RECORD');
  const before = await readFile(record);
  await appendFile(record, `${path},,\n`);
  onTestFinished(async () => {
    await rm(join(site, path), { force: true });
    await writeFile(record, before);
  });
  return join(site, path);
}

test('a secret that was dropped into a package stops the ship before anything is sent, until it is allowed', async () => {
  const first = await port.ship();
  const before = await names(port.directory);
  await dropInto('six.env/.env');
  onTestFinished(() => rm(join(site, 'six.env'), { recursive: true }));
  await writeTree(site, { 'six.env/.env': 'PASSWORD=secretsecret\n' });
  for (const dryRun of [false, true]) {
    const error = await port.ship({ more: { dryRun } }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'CODE_SECRET_FOUND',
      message: 'The distribution six 1.17.0 should ship, but 1 file in it looks like a secret: six.env/.env.',
      hint: expect.stringContaining('--allow-secret six.env/.env')
    });
    expect(JSON.stringify(error)).not.toContain('secretsecret');
  }
  await expect(
    configOf(port.request(), { cache: port.cache, signal: new AbortController().signal })
  ).rejects.toMatchObject({ code: 'CODE_SECRET_FOUND' });
  expect(await names(port.directory)).toEqual(before);
  const allowed = await port.ship({ more: { allowSecrets: ['.env'] } });
  expect(allowed.artifact.id).not.toBe(first.artifact.id);
  // It is on the target now, but a person who did not allow it must not ship it.
  await expect(port.ship()).rejects.toMatchObject({ code: 'CODE_SECRET_FOUND' });
  await expect(port.ship({ more: { excludes: ['six'] } })).resolves.toMatchObject({ type: 'result' });
});

test('a link out of the environment stops the ship before anything is sent, until its place is allowed', async () => {
  const outside = await temporaryFolder();
  await writeTree(outside, { 'deep/data.bin': 'x' });
  const target = join(outside, 'deep/data.bin');
  await symlink(target, await dropInto('six_data.bin'));
  await expect(port.ship()).rejects.toMatchObject({
    code: 'LINK_OUTSIDE',
    message: expect.stringContaining(`six_data.bin leads to ${target}`),
    hint: expect.stringContaining(`--allow-link ${target}`)
  });
  expect(await names(port.directory)).toEqual([]);
  for (const place of [target, outside]) {
    await expect(port.ship({ more: { allowLinks: [place] } })).resolves.toMatchObject({ findings: [] });
  }
  await expect(port.ship({ more: { allowLinks: [join(outside, 'de')] } })).rejects.toMatchObject({
    code: 'LINK_OUTSIDE'
  });
});

test('what is allowed comes from the settings and the command line alike', async () => {
  const folder = await temporaryFolder();
  await writeTree(folder, {
    'jupyterlab-ship-env/plugin.jupyterlab-settings': '{"allowLinks": ["/a"], "allowSecrets": ["b"]}'
  });
  const options = { python: kernel.python, allowLinks: ['/c'], allowSecrets: ['d'] };
  await expect(toShipRequest(options, { JUPYTERLAB_SETTINGS_DIR: folder })).resolves.toMatchObject({
    allowLinks: ['/a', '/c'],
    allowSecrets: ['b', 'd']
  });
});
