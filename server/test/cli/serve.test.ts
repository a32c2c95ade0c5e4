import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { exitOf, startShipEnv } from '../support/bundle.js';
import { makeKernelVenv } from '../support/kernel-venv.js';
import { Sidecar } from '../support/sidecar.js';
import { temporaryFolder } from '../support/temporary.js';

/** Status of `GET /health` on a unix socket. */
function health(socketPath: string, token: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/health', headers: { 'X-Ship-Env-Token': token } }, response => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('the sidecar says when it listens, wants its token, and ends with its standard input', async () => {
  const home = await temporaryFolder();
  const socket = join(home, 'socket');
  const sidecar = startShipEnv(home, ['serve', '--socket', socket], { SHIP_ENV_TOKEN: 'token' });
  const exited = exitOf(sidecar);
  const [ready] = (await once(sidecar.stdout, 'data')) as [Buffer];
  expect(JSON.parse(ready.toString())).toEqual({ type: 'ready', socket });
  expect(await health(socket, 'token')).toBe(200);
  expect(await health(socket, 'other')).toBe(401);
  sidecar.stdin.end();
  expect(await exited).toBe(0);
  await expect(stat(socket)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the folder of the socket goes with the sidecar when it was made for the sidecar', async () => {
  const home = await temporaryFolder();
  const folder = join(home, 'run');
  await mkdir(folder, { mode: 0o700 });
  const args = ['serve', '--socket', join(folder, 'socket'), '--remove-folder'];
  const sidecar = startShipEnv(home, args, { SHIP_ENV_TOKEN: 'token' });
  const exited = exitOf(sidecar);
  await once(sidecar.stdout, 'data');
  sidecar.stdin.end();
  expect(await exited).toBe(0);
  await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each([
  ['no token', 0o700, ''],
  ['a directory that others can enter', 0o755, 'token']
])('%s stops the sidecar before it listens', async (_what, mode, token) => {
  const home = await temporaryFolder();
  const folder = join(home, 'run');
  await mkdir(folder);
  await chmod(folder, mode);
  const sidecar = startShipEnv(home, ['serve', '--socket', join(folder, 'socket')], { SHIP_ENV_TOKEN: token });
  const exited = exitOf(sidecar);
  expect(JSON.parse(await text(sidecar.stdout))).toMatchObject({ type: 'error', code: 'USAGE_INVALID' });
  // Its standard input is still open; the process must end all the same.
  expect(await exited).toBe(2);
});

test('a press works after the local cache was removed by hand', async () => {
  const kernel = await makeKernelVenv();
  onTestFinished(() => kernel.remove());
  const sidecar = await Sidecar.start({});
  const wanted = { python: kernel.python, target: { name: '', url: `file://${kernel.folder}/target` } };
  const { artifact } = await sidecar.ship(wanted);
  await rm(sidecar.cache, { recursive: true });
  expect((await sidecar.ship(wanted)).artifact.id).toBe(artifact.id);
  expect(await readdir(sidecar.cache)).toContain('CACHEDIR.TAG');
  expect(await sidecar.end()).toBe(0);
});

test('what the sidecar starts does not learn its token', async () => {
  const kernel = await makeKernelVenv();
  onTestFinished(() => kernel.remove());
  const told = join(kernel.folder, 'told');
  const python = `${kernel.python}-that-tells`;
  await writeFile(python, `#!/bin/sh\nenv >> '${told}'\nexec '${kernel.python}' "$@"\n`, { mode: 0o755 });
  const sidecar = await Sidecar.start({ SEEN: 'yes' });
  await sidecar.ship({ python, target: { name: '', url: `file://${kernel.folder}/target` } });
  expect(await sidecar.end()).toBe(0);
  const variables = await readFile(told, 'utf8');
  expect(variables).toContain('SEEN=yes');
  expect(variables).not.toContain('SHIP_ENV_TOKEN');
});
