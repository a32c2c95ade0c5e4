import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { makeSparkHome, processesWith } from '../deployments/spark/support/spark.js';
import { BUNDLE } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { saveSettings } from '../support/settings-file.js';
import { removeFolder } from '../support/temporary.js';
import { startYarn, type Yarn } from './yarn.js';

// needs: bundle

/** What driver and executor of the job tell: they write it into a file, since the output of a driver on a node stays there. */
const side = z.object({
  python: z.string(),
  numpy: z.string(),
  harbour: z.string(),
  folder: z.string(),
  environment: z.number(),
  /** The file of the artifact, behind the link in the working directory. */
  artifact: z.string(),
  dot: z.number()
});
const view = z.object({ driver: side, executor: side, sees: z.array(z.boolean()), arguments: z.array(z.string()) });
type View = z.infer<typeof view>;

const JOB = `
import json, os, sys

def look(_=None):
    import glob, os, sys, harbour, numpy
    artifacts = glob.glob(os.path.join(os.getcwd(), "env-*.pex"))
    return {
        "python": sys.executable, "numpy": numpy.__file__, "harbour": harbour.__file__, "folder": os.getcwd(),
        "environment": os.stat(sys.prefix).st_ino, "artifact": "".join(map(os.path.realpath, artifacts)), "dot": int(numpy.dot([1, 2, 3], [1, 2, 3])),
    }

def main():
    from pyspark.sql import SparkSession
    result, hidden = sys.argv[2], sys.argv[3:]
    spark = SparkSession.builder.getOrCreate()
    executor = spark.sparkContext.parallelize([0], 1).map(look).first()
    found = {"driver": look(), "executor": executor, "sees": [os.path.exists(path) for path in hidden], "arguments": sys.argv[2:]}
    with open(result, "w") as file:
        json.dump(found, file)
    spark.stop()
    return int(sys.argv[1])
`;

/** A target of the settings: the S3 server of the test. */
const TARGET = 'team';

let folder: string;
let results: string;
let venv: KernelVenv;
let server: S3Server;
let yarn: Yarn;
let env: Record<string, string>;
let hidden: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-yarn-submit-'));
  results = join(folder, 'results');
  await mkdir(results);
  // YARN's public cache takes only what everybody may read.
  await chmod(folder, 0o755);
  server = await S3Server.start();
  await server.createBucket('ship');
  const settings = server.settings('s3://ship/envs', { name: TARGET, region: 'us-east-1' });
  await saveSettings(join(folder, 'home'), JSON.stringify({ targets: [settings] }));
  venv = await makeKernelVenv('numpy');
  await writeFile(join(venv.module, '..', 'job.py'), `${JOB}\nif __name__ == "__main__":\n    sys.exit(main())\n`);
  await writeFile(join(folder, 'app.py'), `${JOB}\nsys.exit(main())\n`);
  const spark = await makeSparkHome(folder);
  hidden = [venv.python, venv.module];
  yarn = await startYarn(folder, {
    env: spark,
    hidden: [join(venv.folder, 'venv'), join(venv.folder, 'harbour')],
    executorEnv: server.environment
  });
  env = {
    ...spark,
    ...server.environment,
    ...yarn.clientEnv,
    HOME: join(folder, 'home'),
    SHIP_ENV_CACHE: join(folder, 'cache'),
    NO_COLOR: '1'
  };
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (yarn as Yarn | undefined)?.stop();
  await (server as S3Server | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

async function submit(target: string, ...words: string[]): Promise<{ code: number | null; stderr: string }> {
  const ours = ['submit', '--python', venv.python, '--target', target, '--master', 'yarn'];
  const child = spawn(process.execPath, [BUNDLE, ...ours, ...words], {
    ...{ env, cwd: folder },
    stdio: ['ignore', 'ignore', 'pipe']
  });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, stderr };
}

async function resultOf(name: string): Promise<View> {
  return view.parse(JSON.parse(await readFile(join(results, name), 'utf8')));
}

test('in cluster mode the driver runs in the shipped environment on a node, and its exit code is ours', async () => {
  const target = TARGET;
  const first = await submit(
    target,
    '--deploy-mode',
    'cluster',
    '--',
    'app.py',
    '0',
    join(results, 'cluster'),
    ...hidden
  );
  expect(first.code, first.stderr).toBe(0);
  const { driver, executor, sees } = await resultOf('cluster');
  expect(sees).toEqual([false, false]);
  for (const each of [driver, executor]) {
    expect(each.dot).toBe(14);
    expect(each.folder).toMatch(/\/container_\w+$/);
    expect(each.python).toMatch(/\/env\/env-[0-9a-f]{20}\.[^/]+\/bin\/python$/);
    expect(each.python.startsWith(`${yarn.nodeRoot}/`), each.python).toBe(true);
    expect(each.numpy.startsWith(`${yarn.nodeRoot}/`), each.numpy).toBe(true);
    expect(each.harbour.startsWith(`${each.folder}/.ship-env-code-harbour-`), each.harbour).toBe(true);
  }
  expect(driver.folder).not.toBe(executor.folder);

  const failing = await submit(
    target,
    '--deploy-mode',
    'cluster',
    '--',
    '-m',
    'harbour.job',
    '3',
    join(results, 'module')
  );
  expect(failing.code, failing.stderr).toBe(3);
  expect((await resultOf('module')).driver.python).toBe(driver.python);
});

/** Two applications in client mode, one after the other. */
async function inClientMode(target: string, name: string): Promise<[first: View, second: View]> {
  for (const each of ['first', 'second']) {
    const { code, stderr } = await submit(target, '--', 'app.py', '0', join(results, `${each}-${name}`), ...hidden);
    expect(code, stderr).toBe(0);
  }
  return [await resultOf(`first-${name}`), await resultOf(`second-${name}`)];
}

test('in client mode a second application runs what the first one unpacked on the node', async () => {
  const [first, second] = await inClientMode(TARGET, 's3');
  expect(first.driver.python).toBe(venv.python);
  expect(second.executor).toMatchObject({ python: first.executor.python, environment: first.executor.environment });
  expect(second.executor.folder).not.toBe(first.executor.folder);
});

test("from the cluster's HDFS, a second application has the very file that YARN fetched for the first one", async () => {
  const [first, second] = await inClientMode(`${yarn.hdfs}/user/ann/envs`, 'hdfs');
  expect(first.executor.artifact.startsWith(`${yarn.work}/local/filecache/`), first.executor.artifact).toBe(true);
  const { artifact, environment } = first.executor;
  expect(second.executor).toMatchObject({ artifact, environment });
  expect(second.executor.folder).not.toBe(first.executor.folder);
});

test('SIGTERM ends an application in the cluster', async () => {
  const ours = ['submit', '--python', venv.python, '--target', TARGET, '--master', 'yarn'];
  await writeFile(join(folder, 'wait.py'), 'import sys, time\nopen(sys.argv[1], "w").close()\ntime.sleep(3600)\n');
  const words = ['--deploy-mode', 'cluster', '--', 'wait.py', join(results, 'waits')];
  const child = spawn(process.execPath, [BUNDLE, ...ours, ...words], {
    ...{ env, cwd: folder },
    stdio: ['ignore', 'ignore', 'pipe']
  });
  const output = text(child.stderr);
  await expect.poll(async () => child.exitCode ?? (await readdir(results)), { timeout: 600_000 }).toContain('waits');
  child.kill('SIGTERM');
  await once(child, 'exit');
  const stderr = await output;
  const id = /application_\d+_\d+/u.exec(stderr)?.[0] ?? '';
  expect(stderr).toContain(`Killing application ${id}`);
  // The application master, the driver and the executors name the application or the file.
  await expect.poll(() => processesWith(join(results, 'waits')), { timeout: 600_000 }).toEqual([]);
  await expect.poll(() => processesWith(id), { timeout: 600_000 }).toEqual([]);
});
