import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CURRENT_VARIABLE } from '../../../src/contract/current.js';
import { shipEnv } from '../../support/bundle.js';
import type { KernelVenv } from '../../support/kernel-venv.js';
import { removeFolder, temporaryFolder } from '../../support/temporary.js';
import { makeHarbour, runIn, shipTo } from './support.js';

let kernel: KernelVenv;
let home: string;
/** Options that name what was shipped. */
let named: string[];
let ofEnvironment: string[];
beforeAll(async () => {
  kernel = await makeHarbour();
  home = await mkdtemp(join(tmpdir(), 'ship-env-current-'));
  const target = `file://${join(home, 'target')}`;
  named = await shipTo(target, kernel, home);
  ofEnvironment = ['--python', kernel.python, '--target', target];
});
afterAll(() => Promise.all([kernel.remove(), removeFolder(home)]));

const MASTERS = ['yarn', 'spark://127.0.0.1:7077', 'local-cluster[1,1,1024]'];

/** The tests run in the folder of the checkout, which has the whole package. */
const ELSEWHERE = 'import sys; sys.path[:] = filter(None, sys.path)';

/** Prints what a program learns about itself. */
const PROGRAM = `
import json, sys
${ELSEWHERE}
import jupyterlab_ship_env as ship_env
env = ship_env.current(master=sys.argv[1])
print(json.dumps({"id": env.artifact, "code": env.code, "conf": env.conf, "cell": env.cell}))
`;

interface Config {
  readonly artifact: { readonly id: string };
  readonly code: readonly string[];
  readonly conf: object;
  readonly cell: string;
}

async function configOf(person: string, options: readonly string[], master: string): Promise<Config> {
  const { stdout, stderr } = await shipEnv(person, ['config', ...options, '--master', master, '--json']);
  if (stdout === '') throw new Error(stderr);
  return withoutComments(JSON.parse(stdout) as Config);
}

/** A pointer file has no names of packages, so the comments of the two cells differ. */
function withoutComments<T extends Pick<Config, 'cell'>>(config: T): T {
  return { ...config, cell: config.cell.replaceAll(/^#.*\n/gmu, '') };
}

test.each(MASTERS)(
  'the config of an artifact by its id is that of its environment, on a machine without it: %s',
  async master => {
    expect(await configOf(await temporaryFolder(), named, master)).toEqual(await configOf(home, ofEnvironment, master));
  }
);

test.each(MASTERS)('a program learns what it runs, also when it is run by --python: %s', async master => {
  const { artifact, ...config } = await configOf(home, ofEnvironment, master);
  const { code, conf, cell } = config;
  for (const options of [named, ofEnvironment]) {
    const ran = await runIn(home, options, ['-c', PROGRAM, master]);
    expect(ran.exitCode, ran.stderr).toBe(0);
    const seen = withoutComments(JSON.parse(ran.stdout) as Config);
    expect(seen).toEqual({ id: artifact.id, code, conf, cell });
  }
});

test('the variable holds no more than names, and the program of a program finds it', async () => {
  const script = `import os; print(os.environ["${CURRENT_VARIABLE}"])`;
  const { stdout } = await runIn(home, named, ['-c', script], { env: { AWS_SECRET_ACCESS_KEY: 'secret' } });
  expect(JSON.parse(stdout)).toEqual({ shipEnv: expect.any(Array), options: named });
  expect(stdout).not.toContain('secret');
  const nested = `import subprocess, sys; subprocess.run([sys.executable, "-c", ${JSON.stringify(PROGRAM)}, "yarn"])`;
  const ran = await runIn(home, named, ['-c', nested]);
  expect(JSON.parse(ran.stdout), ran.stderr).toMatchObject({ id: named[3] });
});

test('a program has the part of the package that a job needs, and is told so', async () => {
  const script = `${ELSEWHERE}\nimport jupyterlab_ship_env as s\ntry: s.ship()\nexcept AttributeError as error: print(error)`;
  const { stdout } = await runIn(home, named, ['-c', script]);
  expect(stdout).toContain('has current() and Environment only. Install jupyterlab-ship-env to use it');
});

test('code without an artifact is refused', async () => {
  const code = named.slice(-2);
  const { exitCode, stderr } = await shipEnv(home, ['config', ...ofEnvironment.slice(2), ...code]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--code needs --artifact');
});
