import { chmod, chown, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, test } from 'vitest';
import { LAYOUT } from '../../../src/formats/node-start.js';
import { shHeader } from '../../../src/formats/pex/header.js';
import { INTERPRETER } from '../fixtures.js';
import { ID, OWN, bin, chosenRoot, container, fakePython, folder, run } from './container.js';

describe('the node root', () => {
  beforeEach(() => fakePython('python3.11'));

  test('is a private directory that the node shares, made when missing, whatever the umask', async () => {
    expect(await chosenRoot()).toBe(join(folder, 'node root'));
    expect((await stat(join(folder, 'node root'))).mode & 0o7777).toBe(0o700);
    expect(await chosenRoot()).toBe(join(folder, 'node root'));
  });

  test('is by default in /tmp, with the user id', async () => {
    // A mkdir without effect: a test must not touch the real folder, which may or may not exist and be usable.
    await rm(join(bin, 'mkdir'));
    await writeFile(join(bin, 'mkdir'), '#!/bin/sh\n', { mode: 0o755 });
    const { stdout, stderr } = await execa(join(container, 'env.pex'), [], {
      cwd: container,
      env: { PATH: bin },
      extendEnv: false
    });
    expect(stdout + stderr).toContain(`/tmp/ship-env-${process.getuid?.()}`);
  });

  test('is PEX_ROOT when set, and another one, with a word about it, when that is not safe', async () => {
    const PEX_ROOT = join(folder, 'pex root');
    expect(await chosenRoot({ PEX_ROOT })).toBe(PEX_ROOT);
    await chmod(PEX_ROOT, 0o755);
    expect(await chosenRoot({ PEX_ROOT })).toBe(PEX_ROOT);
    await chmod(PEX_ROOT, 0o775);
    const { stdout, stderr } = await run({ PEX_ROOT });
    expect(stdout.split('|')[2]).toBe(join(folder, 'node root'));
    expect(stderr).toContain(`does not run from ${PEX_ROOT}`);
  });

  test('is in the container when someone planted a symbolic link', async () => {
    await mkdir(join(folder, 'real'), { mode: 0o700 });
    await symlink(join(folder, 'real'), join(folder, 'node root'));
    expect(await chosenRoot()).toBe(OWN());
  });

  test.each([0o755, 0o750, 0o701])('may be open to the eyes of others: %o', async mode => {
    await mkdir(join(folder, 'node root'));
    await chmod(join(folder, 'node root'), mode);
    expect(await chosenRoot()).toBe(join(folder, 'node root'));
  });

  test.each([0o770, 0o720, 0o702, 0o777, 0o1777])('is in the container when the mode is %o', async mode => {
    await mkdir(join(folder, 'node root'));
    await chmod(join(folder, 'node root'), mode);
    expect(await chosenRoot()).toBe(OWN());
  });

  test('is in the container when someone else owns it', async () => {
    // Root can change the owner of a directory; other users use root's home, which belongs to another user.
    const foreign = process.getuid?.() === 0 ? join(folder, 'node root') : '/root';
    if (foreign !== '/root') {
      await mkdir(foreign, { mode: 0o700 });
      await chown(foreign, 12_345, 12_345);
    }
    expect(await chosenRoot({ SHIP_ENV_NODE_ROOT: foreign })).toBe(OWN());
  });

  test.each(['/proc/ship-env', '/no such parent/root'])('is in the container when %s cannot be made', async root => {
    expect(await chosenRoot({ SHIP_ENV_NODE_ROOT: root })).toBe(OWN());
  });

  test('is in the container when a file is in the way', async () => {
    await writeFile(join(folder, 'node root'), '', { mode: 0o700 });
    expect(await chosenRoot()).toBe(OWN());
  });

  test('is absolute when the node root is given as a relative path', async () => {
    expect(await chosenRoot({ SHIP_ENV_NODE_ROOT: 'rel' })).toBe(join(container, 'rel'));
  });
});

test('what a container cannot share with the node is said', async () => {
  await fakePython('python3.11');
  expect((await run()).stderr).toBe('');
  await chmod(join(folder, 'node root'), 0o775);
  expect((await run()).stderr).toContain(`does not run from ${join(folder, 'node root')}`);
});

describe('an environment that is there', () => {
  let environment: string;

  beforeEach(async () => {
    await fakePython('python3.11');
    await run();
    environment = join(folder, 'node root', LAYOUT, 'env', `${ID}.abc`);
    const distribution = join(folder, 'node root', LAYOUT, 'dist', 'key');
    await mkdir(join(environment, 'bin'), { recursive: true });
    await mkdir(join(environment, '.ship-env', 'dist'), { recursive: true });
    await mkdir(distribution, { recursive: true });
    await mkdir(join(distribution, '.ship-env'));
    await writeFile(join(distribution, '.ship-env', 'whole'), '');
    await writeFile(join(environment, '.ship-env', 'whole'), '');
    await symlink(distribution, join(environment, '.ship-env', 'dist', 'one.whl'));
    await writeFile(join(environment, '.ship-env', 'python'), `${join(bin, 'python3.11')}\n`);
    await writeFile(join(environment, '.ship-env', 'boot'), 'synced\n');
    await writeFile(join(environment, '.ship-env', 'used'), '');
    await writeFile(join(environment, 'bin', 'python'), `#!/bin/sh\nprintf '%s|' there "$@"\n`, { mode: 0o755 });
  });

  test('runs at once, and is marked as used', async () => {
    expect((await run()).stdout).toBe('there|-m|two words|*||');
    expect((await stat(join(environment, '.ship-env', 'used'))).size).toBe(1);
  });

  test.each([
    ['for another python', '.ship-env/python', '/another/python3.11\n'],
    ['by a machine that has been restarted since', '.ship-env/boot', '00000000-0000-0000-0000-000000000000\n']
  ])('does not run when it was made %s', async (_, file, content) => {
    await writeFile(join(environment, file), content);
    expect((await run()).stdout).toMatch(/^python3.11\|/);
  });

  test.each([
    'bin/python',
    '.ship-env/python',
    '.ship-env/boot',
    '.ship-env/whole',
    '../../dist/key/.ship-env/whole',
    '../../dist/key'
  ])('does not run without %s', async part => {
    await rm(join(environment, part), { recursive: true });
    expect(await run()).toMatchObject({ stdout: expect.stringMatching(/^python3.11\|/), stderr: '' });
  });

  test.each([LAYOUT, `${LAYOUT}/env`, `${LAYOUT}/dist`, `${LAYOUT}/env/${ID}.abc`])(
    'does not run when %s is a symbolic link',
    async part => {
      const path = join(folder, 'node root', part);
      await rename(path, join(folder, 'elsewhere'));
      await symlink(join(folder, 'elsewhere'), path);
      expect((await run()).stdout).toMatch(/^python3.11\|/);
    }
  );

  test.each(['', LAYOUT, `${LAYOUT}/env`, `${LAYOUT}/dist`])(
    'does not run when others may write to the folder %j of the node root',
    async part => {
      const path = join(folder, 'node root', part);
      const env = { PEX_ROOT: join(folder, 'node root'), SHIP_ENV_NODE_ROOT: join(folder, 'another') };
      expect((await run(env)).stdout).toMatch(/^there\|/);
      await chmod(path, 0o1777);
      expect((await run(env)).stdout).toMatch(/^python3.11\|/);
    }
  );

  test('does not run when the boot code of PEX is asked for something', async () => {
    expect((await run({ PEX_TOOLS: '1' })).stdout).toMatch(/^python3.11\|/);
    expect((await run({ PEX_INHERIT_PATH: 'fallback' })).stdout).toMatch(/^there\|/);
  });
});

describe('the python', () => {
  test('is pythonX.Y, which is not asked for its version', async () => {
    await fakePython('python3.11', 1);
    await fakePython('python3');
    const { stdout } = await run();
    const root = join(folder, 'node root');
    expect(stdout).toBe(`python3.11|./env.pex|${root}|${join(bin, 'python3.11')}|-m|two words|*||`);
  });

  test.each(['python3', 'python'])('is %s when that is of the right version', async name => {
    await fakePython(name);
    if (name === 'python') await fakePython('python3', 1);
    expect((await run()).stdout.split('|')[0]).toBe(name);
  });

  test('is what SHIP_ENV_PYTHON names', async () => {
    await fakePython('python3.11');
    await fakePython('my python');
    expect((await run({ SHIP_ENV_PYTHON: join(bin, 'my python') })).stdout.split('|')[0]).toBe('my');
  });

  test('is asked for, and where it was looked for is said, when there is none', async () => {
    await fakePython('python3', 1);
    const { exitCode, stdout, stderr } = await run();
    expect({ exitCode, stdout }).toEqual({ exitCode: 127, stdout: '' });
    for (const part of [
      './env.pex needs Python 3.11',
      '$SHIP_ENV_PYTHON (not set)',
      'python3.11, python3 and python',
      `PATH (${bin})`
    ]) {
      expect(stderr).toContain(part);
    }
    const wrong = await run({ SHIP_ENV_PYTHON: '/no/python' });
    expect(wrong.exitCode).toBe(127);
    expect(wrong.stderr).toContain('$SHIP_ENV_PYTHON (/no/python)');
  });

  test('keeps its status', async () => {
    await writeFile(join(bin, 'python3.11'), '#!/bin/sh\nexit 42\n', { mode: 0o755 });
    expect((await run()).exitCode).toBe(42);
  });
});

test.each(['dash', 'bash', 'bash --posix'])('is understood by %s', async shell => {
  await fakePython('python3.11');
  const { stdout } = await execa('/bin/sh', ['-c', `exec /usr/bin/env ${shell} ./env.pex a`], {
    cwd: container,
    env: { PATH: `${bin}:/bin`, SHIP_ENV_NODE_ROOT: join(folder, 'node root') },
    extendEnv: false
  });
  expect(stdout).toBe(`python3.11|./env.pex|${join(folder, 'node root')}|${join(bin, 'python3.11')}|a|`);
});

test.each([
  [{ abiTag: 'cp313t', minor: '3.13' }, 'python3.13t'],
  [{ implementation: 'pypy', minor: '3.10', abiTag: 'pypy310_pp73' }, 'pypy3.10'],
  [{ minor: '3.9' }, 'python3.9']
])('looks for the interpreter of %j', (changes, name) => {
  expect(shHeader({ ...INTERPRETER, ...changes }).toString()).toContain(`command -v ${name})`);
});
