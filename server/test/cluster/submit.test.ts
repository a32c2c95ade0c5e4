import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { makeSparkHome, processesWith } from '../deployments/spark/support/spark.js';
import { BUNDLE } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { removeFolder } from '../support/temporary.js';
import { startStandalone, type Standalone } from './standalone.js';

// needs: bundle

// A real cluster on a busy machine: this time limit only stops a test that hangs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** What driver and executor of the job tell. */
const view = z.object({
  arguments: z.array(z.string()),
  driver: z.string(),
  driverHarbour: z.string(),
  python: z.string(),
  harbour: z.string(),
  sees: z.array(z.boolean())
});

/** A job that tells what runs it, and ends with the exit code that it is told. */
const JOB = `
import json, sys

def look(hidden):
    import os, sys, harbour
    return {"python": sys.executable, "harbour": harbour.__file__, "sees": [os.path.exists(path) for path in hidden]}

def main():
    import harbour
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.getOrCreate()
    hidden = sys.argv[2:]
    found = spark.sparkContext.parallelize([0], 1).map(lambda _: look(hidden)).first()
    found.update(arguments=sys.argv[2:], driver=sys.executable, driverHarbour=harbour.__file__)
    print(json.dumps(found))
    spark.stop()
    return int(sys.argv[1])
`;

let folder: string;
let target: string;
let venv: KernelVenv;
let cluster: Standalone;
let env: Record<string, string>;
let hidden: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-submit-'));
  target = `file://${folder}/target`;
  await mkdir(join(folder, 'target'));
  venv = await makeKernelVenv();
  await writeFile(join(venv.module, '..', 'job.py'), `${JOB}\nif __name__ == "__main__":\n    sys.exit(main())\n`);
  await writeFile(join(folder, 'app.py'), `${JOB}\nsys.exit(main())\n`);
  const spark = await makeSparkHome(folder);
  hidden = [venv.python, venv.module];
  cluster = await startStandalone(folder, { ...spark, SHIP_ENV_NODE_ROOT: join(folder, 'node') }, [
    join(venv.folder, 'venv'),
    join(venv.folder, 'harbour')
  ]);
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'ship-env'), `#!/bin/sh\nexec '${process.execPath}' '${BUNDLE}' "$@"\n`, {
    mode: 0o755
  });
  const configuration = join(folder, 'conf');
  await mkdir(configuration);
  const properties = ['spark.ui.enabled false', 'spark.executor.memory 512m', 'spark.cores.max 1'];
  await writeFile(join(configuration, 'spark-defaults.conf'), `${properties.join('\n')}\n`);
  env = {
    ...spark,
    HOME: join(folder, 'home'),
    SPARK_CONF_DIR: configuration,
    SHIP_ENV_CACHE: join(folder, 'cache'),
    SHIP_ENV_NODE_ROOT: join(folder, 'driver'),
    NO_COLOR: '1'
  };
  expect((await shipEnv('ship', '--python', venv.python, '--target', target, '--release', 'v1')).stderr).toContain(
    'publish'
  );
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (cluster as Standalone | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

async function shipEnv(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BUNDLE, ...args], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, stdout, stderr };
}

/** Submits a job with the environment of the venv. */
function submit(...words: string[]): ReturnType<typeof shipEnv> {
  return shipEnv('submit', '--python', venv.python, '--target', target, '--', '--master', cluster.master, ...words);
}

function viewOf({ code, stdout, stderr }: Awaited<ReturnType<typeof shipEnv>>, expected = 0): z.infer<typeof view> {
  expect(code, stderr).toBe(expected);
  return view.parse(JSON.parse(stdout));
}

test('a script runs on executors that see neither the venv nor the source, and its exit code is ours', async () => {
  const found = viewOf(await submit('--name', 'tides', 'app.py', '3', ...hidden), 3);
  expect(found).toMatchObject({ driver: venv.python, driverHarbour: venv.module, arguments: hidden });
  expect(found.sees).toEqual([false, false]);
  expect(found.python.startsWith(join(folder, 'node'))).toBe(true);
  expect(found.harbour).toMatch(/\.ship-env-code-harbour-/);
});

test('a module and a function of the shipped code run as the program of a job', async () => {
  expect(viewOf(await submit('-m', 'harbour.job', '4', 'a b'), 4).arguments).toEqual(['a b']);
  expect(viewOf(await submit('--entry-point', 'harbour.job:main', '0', '$x'), 0).arguments).toEqual(['$x']);
});

test('a release runs without the venv, and the driver runs in the shipped environment, too', async () => {
  const words = ['--release', 'v1', '--target', target, '--master', cluster.master, '--', 'app.py', '0', ...hidden];
  const found = viewOf(await shipEnv('submit', ...words));
  expect(found.sees).toEqual([false, false]);
  for (const path of [found.driver, found.driverHarbour]) expect(path.startsWith(venv.folder), path).toBe(false);
  expect(found.driverHarbour.startsWith(join(folder, 'cache')), found.driverHarbour).toBe(true);

  const { stdout } = await shipEnv('list', '--target', target, '--json');
  const { releases } = z
    .object({ releases: z.array(z.object({ name: z.string(), artifact: z.string(), code: z.string() })) })
    .parse(JSON.parse(stdout));
  expect(releases.map(({ name }) => name)).toEqual(['v1']);
  const { artifact, code } = z.object({ artifact: z.string(), code: z.string() }).parse(releases[0]);
  const named = ['--artifact', artifact, '--code', code, '--target', target, '--master', cluster.master];
  expect(viewOf(await shipEnv('submit', ...named, '--', '-m', 'harbour.job', '5'), 5).driver).toBe(found.driver);
});

test('the example for cron and CI runs a release', async () => {
  const script = fileURLToPath(new URL('../../../examples/nightly.sh', import.meta.url));
  const child = spawn(script, ['0', ...hidden], {
    env: {
      ...env,
      PATH: `${folder}/bin:${env['PATH']}`,
      ...{ RELEASE: 'v1', TARGET: target, MASTER: cluster.master }
    },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect(viewOf({ code: code as number, stdout, stderr: '' }).sees).toEqual([false, false]);
});

test('what is shipped for one job is gone when the job ends, whatever its exit code is', async () => {
  const url = `file://${folder}/for-one-job`;
  await mkdir(join(folder, 'for-one-job'));
  const words = ['--python', venv.python, '--target', url, '--master', cluster.master, '--ephemeral'];
  viewOf(await shipEnv('submit', ...words, '--', 'app.py', '6', ...hidden), 6);
  expect(await readdir(join(folder, 'for-one-job'))).toEqual([]);
});

test('a dry run prints the command, which runs in a shell, and runs nothing', async () => {
  const words = ['--python', venv.python, '--target', target, '--master', cluster.master, '--dry-run'];
  const { code, stdout } = await shipEnv('submit', ...words, '--', '--conf', "spark.x=it's", 'app.py', 'a b', '$HOME');
  expect(code).toBe(0);
  expect(stdout).toContain(`${env['SPARK_HOME']}/bin/spark-submit`);
  const shell = spawn('sh', ['-c', `set -- ${stdout}\nprintf '%s\\n' "$@"`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed = (await text(shell.stdout)).trimEnd().split('\n');
  expect(printed.slice(-5)).toEqual(['--conf', "spark.x=it's", 'app.py', 'a b', '$HOME']);
});

test.each([
  ['SIGTERM', [143, null]],
  ['SIGKILL', [null, 'SIGKILL']]
] as const)('%s ends the job, and no process stays', async (signal, ended) => {
  const marker = `waits-for-${signal}`;
  await writeFile(
    join(folder, `${marker}.py`),
    'import time\nfrom pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate()\nprint("ready", flush=True)\ntime.sleep(600)\n'
  );
  const words = ['--python', venv.python, '--target', target, '--master', cluster.master, '--', `${marker}.py`];
  const child = spawn(process.execPath, [BUNDLE, 'submit', ...words], {
    ...{ env, cwd: folder },
    stdio: ['ignore', 'pipe', 'ignore']
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) if (line === 'ready') break;
  expect((await processesWith(`${marker}.py`)).length).toBeGreaterThan(2);
  child.kill(signal);
  expect(await exited).toEqual(ended);
  await expect.poll(() => processesWith(`${marker}.py`), { timeout: 600_000 }).toEqual([]);
});

test('what stops a job before it starts has a code of its own', async () => {
  const words = ['--python', venv.python, '--target', target];
  const missing = await shipEnv('submit', ...words, '--json', '--', 'missing.py');
  expect(missing).toMatchObject({ code: 125, stdout: '' });
  expect(JSON.parse(missing.stderr)).toMatchObject({ code: 'USAGE_INVALID' });
  const unsupported = await shipEnv(
    'submit',
    ...words,
    '--json',
    '--',
    '--master',
    cluster.master,
    '--deploy-mode',
    'cluster',
    'app.py'
  );
  expect(JSON.parse(unsupported.stderr)).toMatchObject({ code: 'CONFIG_DEPLOY_MODE_UNSUPPORTED' });
  const impatient = ['--ephemeral', '--json', '--', '--conf', 'spark.yarn.submit.waitAppCompletion=false', 'app.py'];
  const refused = await shipEnv('submit', ...words, ...impatient);
  expect(JSON.parse(refused.stderr)).toMatchObject({ code: 'USAGE_INVALID' });
  const unknown = await shipEnv('submit', '--release', 'v0', '--target', target, '--json', '--', 'app.py');
  expect(JSON.parse(unknown.stderr)).toMatchObject({ code: 'RELEASE_UNKNOWN' });
});
