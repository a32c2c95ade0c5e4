import { mkdir, mkdtemp, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { shipRequest, type ShipResult } from '../../src/contract/ship.js';
import { ship } from '../../src/ship/ship.js';
import { Cache } from '../../src/system/cache/cache.js';
import { Kernel } from '../deployments/spark/support/kernel.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { removeFolder } from '../support/temporary.js';
import { CLIENT, startConnect, type ConnectServer } from './connect.js';
import { expectGroupedMeans } from './questions.js';

// A real server on a busy machine: this time limit only stops a test that hangs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let folder: string;
let venv: KernelVenv;
let server: ConnectServer;
let env: Record<string, string>;
let cache: Cache;
/** The kernels of two people. */
let ann: Kernel;
let bob: Kernel;

const DEFINE = `
import json
import pandas
import harbour
from pyspark.sql.functions import udf

def look(frames):
    import os, sys, harbour, numpy
    for frame in frames:
        yield pandas.DataFrame({"told": [json.dumps({
            "python": sys.executable, "numpy": numpy.__file__, "harbour": harbour.__file__,
            "version": harbour.version(), "folder": os.getcwd(), "sees": [os.path.exists(path) for path in HIDDEN],
            "dot": int(numpy.dot([1, 2, 3], [1, 2, 3])),
        })]})

by_reference = udf(harbour.version, "string")

def versions():
    seen = {row[0] for row in spark.range(0, 4, 1, 2).select(by_reference("id")).collect()}
    seen |= {row[0] for row in spark.range(0, 4, 1, 2).select(udf(lambda _: harbour.version(), "string")("id")).collect()}
    return sorted(seen)

def sent():
    """Sizes of the files that the last run of the cell sent."""
    found, SENT[:] = list(SENT), []
    return found
`;

/** Counts the files that a kernel sends to the server. */
const COUNT = `
from pyspark.sql.connect.client.artifact import ArtifactManager, LocalFile
SENT, HIDDEN = [], []
_init = LocalFile.__init__
def _counted(self, path):
    _init(self, path)
    SENT.append(path.rsplit("/", 1)[-1])
LocalFile.__init__ = _counted
`;

const view = z.object({
  python: z.string(),
  numpy: z.string(),
  harbour: z.string(),
  version: z.string(),
  folder: z.string(),
  sees: z.array(z.boolean()),
  dot: z.number()
});

async function look(kernel: Kernel): Promise<z.infer<typeof view>> {
  const told = await kernel.run('', 'spark.range(1).mapInPandas(look, "told string").first()[0]');
  return view.parse(JSON.parse(z.string().parse(told)));
}

function shipNow(options: { master?: string; format?: string } = {}): Promise<ShipResult> {
  const request = shipRequest.parse({
    python: venv.python,
    target: { name: '', url: `file://${join(folder, 'target')}` },
    master: server.address,
    ...options
  });
  return ship(request, { cache, signal: new AbortController().signal, emit: () => undefined });
}

/** The state of the session after an update, as the button makes it. */
async function update(kernel: Kernel, { live }: ShipResult): Promise<string> {
  const outcome = z.object({ state: z.string(), message: z.string() });
  const { state, message } = outcome.parse(
    JSON.parse(z.string().parse(await kernel.run(live?.source ?? '', live?.expression)))
  );
  expect(message, state).not.toMatch(/Error/);
  return state;
}

async function startKernel(): Promise<Kernel> {
  const kernel = new Kernel(venv.python, env, folder);
  await kernel.run(COUNT);
  return kernel;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-connect-'));
  await mkdir(join(folder, 'target'));
  [venv, env] = await Promise.all([makeKernelVenv(...CLIENT), makeSparkHome(folder)]);
  const hidden = [join(venv.folder, 'venv'), join(venv.folder, 'harbour'), join(folder, 'target')];
  server = await startConnect(folder, env, hidden);
  cache = await Cache.open(join(folder, 'cache'));
  [ann, bob] = await Promise.all([startKernel(), startKernel()]);
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (ann as Kernel | undefined)?.close();
  await (bob as Kernel | undefined)?.close();
  await (server as ConnectServer | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

test('a Connect server that sees neither the venv, the source nor the target runs the environment', async () => {
  const shipped = await shipNow();
  expect(await update(ann, shipped), 'before there is a session').toBe('none');
  await ann.run(shipped.cell);
  const hidden = [venv.python, venv.module, join(folder, 'target', shipped.artifact.name)];
  await ann.run(`${DEFINE}HIDDEN = ${JSON.stringify(hidden)}`);
  const first = await look(ann);
  expect(first).toMatchObject({ version: 'v1', dot: 14, sees: [false, false, false] });
  for (const path of [first.python, first.numpy]) expect(path.startsWith(`${server.nodeRoot}/`), path).toBe(true);
  expect(first.harbour).toMatch(/\/\.ship-env-code-harbour-[0-9a-f]{16}-[0-9a-f]{32}\/harbour\/__init__\.py$/);
  await expectGroupedMeans(ann);
  expect(await ann.run('', 'versions()')).toEqual(['v1']);

  const sent = z.array(z.string()).parse(await ann.run('', 'sent()'));
  expect(sent).toEqual([
    shipped.artifact.name,
    ...shipped.code.map(({ name }) => name),
    expect.stringMatching(/^ship-env-code-[0-9]{20}-[0-9a-f]{32}\.json$/)
  ]);
  await ann.run(shipped.cell);
  expect(await ann.run('', 'sent()'), 'a second run of the cell sends nothing').toEqual([]);
  expect(await update(ann, shipped)).toBe('current');
});

test('a session that no cell set up is left alone, and a cell without its files says which one is missing', async () => {
  const shipped = await shipNow();
  await bob.run(`from pyspark.sql import SparkSession\nSparkSession.builder.remote("${server.address}").getOrCreate()`);
  const { source = '', expression } = shipped.live ?? {};
  expect(JSON.parse(String(await bob.run(source, expression)))).toEqual({
    state: 'none',
    message: 'The running session was not set up by the cell. Run the cell.'
  });
  const artifact = join(folder, 'target', shipped.artifact.name);
  await rename(artifact, `${artifact}.away`);
  await expect(bob.run(shipped.cell)).rejects.toThrow(`No such file or directory: '${artifact}'`);
  await rename(`${artifact}.away`, artifact);
});

test('a server that does not answer fails the cell with its address; the ship asks it nothing', async () => {
  const { cell } = await shipNow({ master: 'sc://127.0.0.1:1' });
  const kernel = await startKernel();
  try {
    // pyspark tries fifteen times, for ten minutes.
    await kernel.run(`
from pyspark.sql.connect.client import retries
retries.DefaultPolicy.__init__.__defaults__ = (1, *retries.DefaultPolicy.__init__.__defaults__[1:])
`);
    await expect(kernel.run(cell)).rejects.toThrow(/ipv4:127\.0\.0\.1:1: .*Connection refused/u);
  } finally {
    await kernel.close();
  }
});

test('a running session takes over an edited line, and the session of another person does not', async () => {
  const old = await shipNow();
  await ann.run('', 'sent()');
  await bob.run(`${old.cell}\n${DEFINE}`);
  expect(await bob.run('', 'versions()')).toEqual(['v1']);

  for (const version of ['v2', 'v3']) {
    await venv.edit(version);
    expect(await update(ann, await shipNow())).toBe('updated');
    expect(await ann.run('', 'versions()'), 'functions from before and new ones').toEqual([version]);
    expect(await bob.run('', 'versions()')).toEqual(['v1']);
  }
  const sent = z.array(z.string()).parse(await ann.run('', 'sent()'));
  expect(sent.filter(name => name.endsWith('.pex'))).toEqual([]);

  // As after a ship from the command line: only the cell is new.
  await venv.edit('v4');
  await ann.run((await shipNow()).cell);
  expect(await ann.run('', 'versions()')).toEqual(['v4']);
  await ann.run(old.cell);
  expect(await ann.run('', 'versions()'), 'the old cell again').toEqual(['v1']);
});

test('a running session takes over a new environment, and a stopped session is set up by the cell again', async () => {
  await venv.install('six==1.17.0');
  await venv.edit('v5');
  const shipped = await shipNow();
  const first = await look(ann);
  expect(await update(ann, shipped)).toBe('updated');
  const second = await look(ann);
  expect(second).toMatchObject({ version: 'v5', folder: first.folder });
  expect(second.python).not.toBe(first.python);
  const six = 'spark.range(1).select(udf(lambda _: __import__("six").__version__, "string")("id")).first()[0]';
  expect(await ann.run('', six)).toBe('1.17.0');

  await ann.run('spark.stop()');
  expect(await update(ann, shipped)).toBe('none');
  await ann.run(shipped.cell);
  expect(await look(ann)).toMatchObject({ version: 'v5', python: second.python });
});
