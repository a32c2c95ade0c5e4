import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { javaVersion } from '../../src/cli/doctor.js';
import { exitOf, shipEnv, startShipEnv } from '../support/bundle.js';
import { temporaryFolder } from '../support/temporary.js';
import { silentServer } from '../targets/s3/bad-servers.js';

test.each([
  ['openjdk version "1.8.0_392"', 8],
  ['java version "1.7.0"', 7],
  ['openjdk version "11.0.21" 2023-10-17 LTS', 11],
  ['openjdk version "17.0.9" 2023-10-17', 17],
  ['openjdk version "17" 2021-09-14', 17],
  ['openjdk version "21-ea" 2023-09-19', 21],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.9" 2023-10-17', 17],
  ['no Java at all', undefined]
])('%j is Java %s', (output, major) => {
  const { major: found, line } = javaVersion(`${output}\nOpenJDK Runtime Environment (build 99)\n`);
  expect(found).toBe(major);
  expect(line).toBe(output.split('\n').at(-1));
});

/** The home of a fake Java that prints this version. */
async function javaHome(version: string): Promise<string> {
  const home = await temporaryFolder();
  await mkdir(join(home, 'bin'));
  await writeFile(join(home, 'bin', 'java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
  await chmod(join(home, 'bin', 'java'), 0o755);
  return home;
}

test.each([
  ['1.8.0_392', false, /Java 17 or newer/],
  ['11.0.21', false, /Java 17 or newer/],
  ['17.0.9', true, /^$/],
  ['21-ea', true, /^$/]
])('doctor says of Java %s whether Spark can use it', async (version, ok, hint) => {
  const home = await temporaryFolder();
  const args = ['doctor', '--target', `file://${join(home, 'target')}`, '--json'];
  const { stdout } = await shipEnv(home, args, { JAVA_HOME: await javaHome(version) });
  const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
  expect(checks.find(({ name }) => name === 'java')).toMatchObject({
    ok,
    found: expect.stringContaining(version),
    hint: expect.stringMatching(hint)
  });
});

test('doctor and check make nothing: neither a cache nor a target', async () => {
  const home = await temporaryFolder();
  const cache = join(home, 'not-there', 'cache');
  const target = `file://${join(home, 'target')}`;
  const { stdout } = await shipEnv(home, ['doctor', '--target', target, '--json'], { SHIP_ENV_CACHE: cache });
  const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
  for (const name of ['cache', 'target']) {
    expect(checks.find(check => check.name === name)).toMatchObject({
      ok: true,
      found: expect.stringContaining('which the first ship makes')
    });
  }
  const checked = await shipEnv(home, ['check', '--target', target, '--json'], { SHIP_ENV_CACHE: cache });
  expect(checked.exitCode).toBe(0);
  expect(JSON.parse(checked.stdout)).toEqual({ type: 'result', url: target, parent: home });
  expect(await readdir(home)).toEqual([]);
});

test('check says of a directory that a ship makes where, and refuses one that it does not make', async () => {
  const home = await temporaryFolder();
  const untouched = await shipEnv(home, ['check'], { JUPYTER_CONFIG_DIR: home });
  expect(untouched.exitCode).toBe(0);
  expect(untouched.stdout).toContain(`does not exist yet. The first ship makes it in ${home}.`);
  const misspelt = await shipEnv(home, ['check', '--target', `file:///mtn-${randomUUID()}/share`, '--json']);
  expect(misspelt.exitCode).toBe(1);
  expect(JSON.parse(misspelt.stdout)).toMatchObject({ code: 'TARGET_BUCKET_MISSING' });
  expect(await readdir(home)).toEqual([]);
});

test('check refuses a name that ship refuses, and writes nothing there', async () => {
  const home = await temporaryFolder();
  await mkdir(join(home, 'a,b'));
  const { stdout } = await shipEnv(home, ['check', '--target', `file://${join(home, 'a,b')}`, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ code: 'TARGET_URL_INVALID', message: expect.stringContaining('","') });
});

test('the interrupt key ends doctor with exit code 130, and no verdict', async () => {
  const home = await temporaryFolder();
  const settings = join(home, 'lab', 'user-settings', 'jupyterlab-ship-env');
  await mkdir(settings, { recursive: true });
  // Interrupted once, while it waits for a target that does not answer; its clean-up sends a request, too.
  let requests = 0;
  const endpoint = await silentServer(() => {
    requests += 1;
    if (requests === 1) doctor.kill('SIGINT');
  });
  const target = { name: 'silent', url: 's3://bucket/prefix', endpoint, region: 'us-east-1', pathStyle: true };
  await writeFile(join(settings, 'plugin.jupyterlab-settings'), JSON.stringify({ targets: [target] }));
  const doctor = startShipEnv(home, ['doctor', '--target', 'silent', '--json'], {
    JUPYTER_CONFIG_DIR: home,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret'
  });
  const exited = exitOf(doctor);
  expect(JSON.parse(await text(doctor.stdout))).toMatchObject({ type: 'error', code: 'SHIP_CANCELLED' });
  expect(await exited).toBe(130);
});
