import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { probeEvent, probeResult, type ClusterFacts, type ProbeResult } from '../../src/contract/probe.js';
import { targetSettings } from '../../src/contract/target-settings.js';
import { takeSnapshot } from '../../src/environment/index.js';
import { askCluster } from '../../src/probe/cluster.js';
import { environmentFacts, type EnvironmentFacts } from '../../src/probe/environment-facts.js';
import { judgeCluster } from '../../src/probe/judge-cluster.js';
import { Cache } from '../../src/system/cache/cache.js';
import { openTarget } from '../../src/targets/index.js';
import { makeSparkHome, processesWith } from '../deployments/spark/support/spark.js';
import { exitOf, shipEnv, startShipEnv } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { removeFolder } from '../support/temporary.js';
import { startTwoNodes, type TwoNodes } from './two-nodes.js';

// Real clusters on a busy machine: this time limit only stops a test that hangs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const LOCAL = 'local-cluster[2,1,1024]';

let folder: string;
let shared: string;
let kernel: KernelVenv;
let env: Record<string, string>;
let cluster: TwoNodes;
let environment: EnvironmentFacts;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-probe-'));
  shared = join(folder, 'shared');
  await mkdir(shared, { mode: 0o755 });
  kernel = await makeKernelVenv('numpy');
  env = await makeSparkHome(folder);
  const hidden = [join(kernel.folder, 'venv'), join(kernel.folder, 'harbour')];
  cluster = await startTwoNodes(folder, env, { hidden, hiddenOnB: [shared] });
  const signal = new AbortController().signal;
  const cache = await Cache.open(join(folder, 'cache'));
  const snapshot = await takeSnapshot({ python: kernel.python, cache, signal });
  environment = await environmentFacts(
    snapshot,
    { excludes: [], includeSpark: false, includeInterpreter: false },
    signal
  );
  // The driver of a probe in this process has the variables of this process.
  vi.stubEnv('SPARK_HOME', env['SPARK_HOME']);
  vi.stubEnv('PYTHONPATH', env['PYTHONPATH']);
  vi.stubEnv('SPARK_LOCAL_IP', '127.0.0.1');
  vi.stubEnv('SPARK_LOCAL_DIRS', env['SPARK_LOCAL_DIRS']);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await (cluster as TwoNodes | undefined)?.stop();
  await (kernel as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

async function ask(url: string): Promise<ClusterFacts> {
  const target = await openTarget(targetSettings.parse({ name: '', url }));
  try {
    const { interpreter } = environment;
    const question = { python: kernel.python, interpreter, master: cluster.master };
    return await askCluster(question, target, { signal: new AbortController().signal, onStage: () => undefined });
  } finally {
    target.close();
  }
}

/** The built command line, as a person runs it. */
async function probe(...args: string[]): Promise<ProbeResult & { exitCode: number | null }> {
  const { stdout, stderr, exitCode } = await shipEnv(
    join(folder, 'home'),
    ['probe', '--json', '--python', kernel.python, '--target', `file://${shared}`, ...args],
    env
  );
  const last: unknown = JSON.parse(stdout.split('\n').at(-1) ?? '');
  const parsed = probeResult.safeParse(last);
  if (!parsed.success) throw new Error(`${stdout}\n${stderr}`);
  return { ...parsed.data, exitCode };
}

test('each node of a standalone cluster tells about itself, also one that keeps no environments', async () => {
  const facts = await ask(`file://${shared}`);
  expect(facts.nodes.map(({ host }) => host)).toEqual(['node-a', 'node-b']);
  for (const { architecture, libc, python, spark, work, clock } of facts.nodes) {
    expect(environment.interpreter.platformTag).toContain(architecture);
    expect(libc).toMatch(/^(glibc|musl) \d+\.\d+/);
    expect(python?.version.startsWith(`${environment.interpreter.minor}.`)).toBe(true);
    expect(python?.path.startsWith(kernel.folder)).toBe(false);
    expect(spark).toBe(facts.driverSpark);
    expect(work).toMatchObject({ runs: true });
    expect(work.freeBytes).toBeGreaterThan(0);
    // One machine has one clock.
    expect(clock.least).toBeLessThanOrEqual(0);
    expect(clock.most).toBeGreaterThanOrEqual(0);
  }
  expect(facts.nodes.map(({ root }) => root)).toMatchObject([
    { path: join(folder, 'node-a', 'root'), runs: true },
    { path: join(folder, 'node-b', 'root'), runs: false }
  ]);
  expect(facts.target).toEqual({ state: 'read', message: '', blind: ['node-b'] });
  expect(await readdir(shared), 'no probe object is left').toEqual([]);

  const told = judgeCluster(environment, facts, { shared: false });
  expect(told.misfits).toEqual([]);
  expect(told.remarks.filter(({ level }) => level !== 'good')).toMatchObject([
    { level: 'warning', message: expect.stringContaining('The node node-b starts no program below the node root') }
  ]);
  expect(judgeCluster(environment, facts, { shared: true }).remarks).toContainEqual(
    expect.objectContaining({
      level: 'problem',
      message: 'The node node-b does not see the directory of the target under its path.'
    })
  );
  const other = { ...environment, interpreter: { ...environment.interpreter, minor: '3.99', abiTag: 'cp399' } };
  expect(judgeCluster(other, facts, { shared: false }).remarks[0]?.level).toBe('warning');
});

test('a probe of local-cluster by the command line; the next one knows the answer', async () => {
  const first = await probe('--master', LOCAL);
  expect(first).toMatchObject({ ok: true, exitCode: 0, misfits: [], ageMs: 0 });
  expect(first.cluster).toMatchObject({ master: LOCAL, target: { state: 'read', blind: [] } });
  const second = await probe('--master', LOCAL);
  expect(second.ageMs).toBeGreaterThan(0);
  expect(second.cluster).toEqual(first.cluster);
  expect(await readdir(shared)).toEqual([]);
});

test('a cancelled probe leaves no process and no probe object', async () => {
  const child = startShipEnv(
    join(folder, 'home'),
    ['probe', '--json', '--python', kernel.python, '--target', `file://${shared}`, '--master', LOCAL, '--fresh'],
    env
  );
  const exited = exitOf(child);
  const during: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    const event = probeEvent.parse(JSON.parse(line));
    // An executor is there; the nodes are not asked yet. A second interrupt would end the process at once.
    const isAsking = event.type === 'step' && event.name === 'session' && event.state === 'progress';
    if (isAsking && !child.killed) {
      during.push(...(await readdir(shared)));
      child.kill('SIGINT');
    }
  }
  expect(await exited).toBe(130);
  expect(during[0]).toMatch(/^\.ship-env-probe-/);
  expect(await readdir(shared)).toEqual([]);
  expect(await processesWith(kernel.python)).toEqual([]);
  expect(await processesWith('ship-env probe', folder)).toEqual([]);
  expect((await readdir(join(folder, 'tmp'))).filter(name => name.startsWith('spark-'))).toEqual([]);
});

test('without pyspark, and without Java, the error says what is missing', async () => {
  const run = async (changes: Record<string, string>): Promise<unknown> => {
    const args = ['probe', '--json', '--fresh', '--python', kernel.python, '--target', `file://${shared}`];
    const { stdout, exitCode } = await shipEnv(join(folder, 'home'), [...args, '--master', LOCAL], {
      ...env,
      ...changes
    });
    expect(exitCode).toBe(1);
    return JSON.parse(stdout.split('\n').at(-1) ?? '');
  };
  expect(await run({ PYTHONPATH: '' })).toMatchObject({ code: 'KERNEL_NO_PYSPARK' });
  expect(await run({ JAVA_HOME: join(folder, 'no-java') })).toMatchObject({
    code: 'PROBE_FAILED',
    cause: [expect.stringContaining('no-java')]
  });
  expect(await readdir(shared)).toEqual([]);
});
