import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { CodeArchive, Manifest } from '../../../src/contract/manifest.js';
import { codePointerFile } from '../../../src/content/code/pointer-file.js';
import { cellSource } from '../../../src/deployments/spark/cell.js';
import { liveUpdate } from '../../../src/deployments/spark/live-update.js';
import { sparkConfOf } from './support/conf.js';
import { folderTarget, manifestOf, shipCode } from './support/code.js';
import { Kernel } from './support/kernel.js';
import { makePex, makeSparkHome, makeVenv, processesWith } from './support/spark.js';
import { removeFolder } from '../../support/temporary.js';

// Real sessions on a busy machine: this time limit only stops a test that hangs.
vi.setConfig({ testTimeout: 600_000 });

const MASTER = 'local-cluster[2,1,1024]';
/**
 * Functions that are pickled in different ways: `by_reference` names a function of the package, the others close over
 * the module.
 */
const PREPARE = `
import sys, json, threading
sys.path.insert(0, SOURCE)
import my_model
import pandas
from acme import helper
from pyspark.sql.functions import udf, pandas_udf, col, count
spark = builder.getOrCreate()
sc = spark.sparkContext
by_reference = udf(my_model.answer, "string")
by_value = udf(lambda value: my_model.answer(value), "string")

@pandas_udf("string")
def vectorised(values: pandas.Series) -> pandas.Series:
    return values.map(my_model.answer)

def outside(paths):
    return [path for path in paths if SOURCE in path or path.startswith(VENV)]

def look():
    frame = spark.range(0, 8, 1, 4)
    seen = {
        "rdd": sc.parallelize(range(8), 4).map(lambda value: my_model.answer(value)).collect(),
        "data": sc.parallelize(range(8), 4).map(lambda _: my_model.label()).collect(),
        "partitions": sc.parallelize(range(8), 4).mapPartitions(lambda it: [helper.answer(v) for v in it]).collect(),
    }
    for name, function in {"reference": by_reference, "value": by_value, "vectorised": vectorised}.items():
        seen[name] = [row[0] for row in frame.select(function("id")).collect()]
    return {name: sorted(set(values)) for name, values in seen.items()}

def origins(_):
    import numpy, pyspark
    return [sys.executable, numpy.__file__, my_model.__file__, pyspark.__file__]
`;

let folder: string;
let target: string;
let kernel: Kernel;
/** All started kernels; none when the set-up failed. */
const started: Kernel[] = [];
let environment: Record<string, string>;
let manifest: Manifest;
const update = z.object({ state: z.string(), message: z.string() });

/** A version of the package, and a namespace package whose code keeps a reference to it. */
async function version(name: string): Promise<CodeArchive[]> {
  const model = {
    'my_model/__init__.py': 'from .inner import answer, label\n',
    'my_model/inner.py': `from pathlib import Path

def answer(value):
    return "${name}"

def label():
    return (Path(__file__).parent / "data" / "label.txt").read_text()
`,
    'my_model/data/label.txt': name
  };
  return [
    await shipCode(target, ['acme'], { 'acme/helper.py': 'from my_model import answer\n' }),
    await shipCode(target, ['my_model'], model)
  ];
}

function startKernel(python: string): Kernel {
  const one = new Kernel(python, environment, join(folder, 'notebook'));
  started.push(one);
  return one;
}

async function updateTo(code: CodeArchive[], of: Manifest = manifest): Promise<string> {
  const { source, expression } = liveUpdate({ manifest: of, code }, folderTarget(target));
  const answer = await kernel.run(source, expression);
  return update.parse(JSON.parse(z.string().parse(answer))).state;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-live-'));
  target = join(folder, 'target 100% é #1');
  await mkdir(target);
  const python = await makeVenv(join(folder, 'venv'), ['numpy', 'pandas<3', 'pyarrow']);
  manifest = manifestOf('env-0123456789abcdef');
  await makePex(join(target, manifest.artifact.name), join(folder, 'venv'));
  await mkdir(join(folder, 'notebook'));
  await mkdir(join(folder, 'source', 'my_model'), { recursive: true });
  await mkdir(join(folder, 'source', 'acme'), { recursive: true });
  await writeFile(
    join(folder, 'source', 'my_model', '__init__.py'),
    'def answer(value):\n    return "the source folder"\n'
  );
  await writeFile(join(folder, 'source', 'acme', 'helper.py'), 'from my_model import answer\n');
  environment = await makeSparkHome(folder);
  kernel = startKernel(python);
});

afterAll(async () => {
  await Promise.all(started.map(one => one.close()));
  expect(await processesWith(folder)).toEqual([]);
  await removeFolder(folder);
});

test('A running session runs new code from the next task on, five times forward and once back', async () => {
  const code = await version('v1');
  expect(await updateTo(code)).toBe('none');
  const pointer = codePointerFile(code);
  await writeFile(join(target, pointer.name), pointer.content);
  const conf = await sparkConfOf({
    manifest,
    code,
    pointer: pointer.name,
    target: folderTarget(target),
    master: MASTER
  });
  const cell = cellSource({ manifest, code, conf, master: MASTER });
  await kernel.run(`${cell}\nbuilder = builder.config("spark.ui.enabled", "false")`);
  await kernel.run(
    `SOURCE = ${JSON.stringify(join(folder, 'source'))}\nVENV = ${JSON.stringify(join(folder, 'venv'))}\n${PREPARE}`
  );

  const all = (name: string) => ({
    rdd: [name],
    data: [name],
    partitions: [name],
    reference: [name],
    value: [name],
    vectorised: [name]
  });
  expect(await kernel.run('', 'look()')).toEqual(all('v1'));
  const origins = await kernel.run('', 'sorted(set(sum(sc.parallelize(range(2), 2).map(origins).collect(), [])))');
  expect(await kernel.run('', `outside(${JSON.stringify(origins)})`)).toEqual([]);
  // The python on the PATH of this test has pyspark installed, but Spark's own must be used.
  expect(origins).toContainEqual(expect.stringContaining(join(folder, 'spark', 'python', 'lib', 'pyspark.zip')));
  const workers = await processesWith(folder, 'ship_env_runtime');
  expect(workers.length).toBeGreaterThan(2);

  for (const name of ['v2', 'v3', 'v4', 'v5', 'v6', 'v5']) {
    expect(await updateTo(await version(name))).toBe('updated');
    expect(await kernel.run('', 'look()')).toEqual(all(name));
    expect(await processesWith(folder, 'ship_env_runtime')).toEqual(workers);
  }
  expect(await updateTo(await version('v5'))).toBe('current');
  expect(await updateTo(await version('v6'), manifestOf('env-of-another-kind'))).toBe('restart');
  expect(await kernel.run('', '[name for name in globals() if "ship_env" in name]')).toEqual(['_ship_env_outcome']);
  await kernel.run(cell);
  expect(await kernel.run('', 'builder.getOrCreate() is spark')).toBe(true);
});

test('Any thread can update the session', async () => {
  const { source, expression } = liveUpdate({ manifest, code: await version('v7') }, folderTarget(target));
  await kernel.run(`
thread = threading.Thread(target=lambda: exec(${JSON.stringify(source)}, globals()))
thread.start()
thread.join()
`);
  expect(await kernel.run('', `json.loads(${expression})["state"]`)).toBe('updated');
  expect(await kernel.run('', 'look()["vectorised"]')).toEqual(['v7']);
});

test('Code that no longer ships is gone from the workers', async () => {
  expect(await updateTo((await version('v8')).filter(({ name }) => name === 'my_model'))).toBe('updated');
  expect(await kernel.run('', 'sc.parallelize([1], 1).map(lambda value: my_model.answer(value)).collect()')).toEqual([
    'v8'
  ]);
  const gone = kernel.run('sc.parallelize([1], 1).map(lambda value: helper.answer(value)).collect()');
  await expect(gone).rejects.toThrow("No module named 'acme'");
});

test('An archive that cannot be fetched fails the update, and the session keeps its code', async () => {
  const code = await version('v9');
  const model = code.filter(({ name }) => name === 'my_model');
  await Promise.all(model.map(({ fileName }) => rm(join(target, fileName))));
  const { source, expression } = liveUpdate({ manifest, code }, folderTarget(target));
  await kernel.run(source);
  expect(await kernel.run('', `json.loads(${expression})`)).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('my_model-')
  });
  expect(await kernel.run('', 'sc.parallelize([1], 1).map(lambda value: my_model.answer(value)).collect()')).toEqual([
    'v8'
  ]);
});

test('A stopped session is none', async () => {
  await kernel.run('spark.stop()');
  expect(await updateTo(await version('v1'))).toBe('none');
});

test('A session that the cell did not build is left alone; the cell works in its JVM, also without pyarrow', async () => {
  const bare = manifestOf('env-fedcba9876543210', {});
  const python = await makeVenv(join(folder, 'bare'), ['iniconfig']);
  await makePex(join(target, bare.artifact.name), join(folder, 'bare'));
  await kernel.close();
  kernel = startKernel(python);
  await kernel.run('from pyspark import SparkContext\nother = SparkContext("local[1]", "other")');
  expect(await updateTo(await version('v1'), bare)).toBe('restart');
  await kernel.run('other.stop()');

  const conf = await sparkConfOf({
    manifest: bare,
    code: [],
    pointer: undefined,
    target: folderTarget(target),
    master: MASTER
  });
  await kernel.run(cellSource({ manifest: bare, code: [], conf, master: MASTER }));
  await kernel.run(`spark = builder.config("spark.ui.enabled", "false").getOrCreate()
sc = spark.sparkContext
import sys
sys.path.insert(0, ${JSON.stringify(join(folder, 'source'))})
import my_model
from pyspark.sql.functions import udf
answer = udf(my_model.answer, "string")`);
  expect(await updateTo([], bare)).toBe('current');
  expect(await updateTo(await version('v1'), bare)).toBe('updated');
  expect(await kernel.run('', 'spark.range(1).select(answer("id")).first()[0]')).toBe('v1');
  expect(await updateTo([], bare)).toBe('updated');
  await expect(kernel.run('spark.range(1).select(answer("id")).first()')).rejects.toThrow("No module named 'my_model'");
});
