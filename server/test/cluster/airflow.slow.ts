import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSparkHome, makeVenv } from '../deployments/spark/support/spark.js';
import { BUNDLE } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { removeFolder } from '../support/temporary.js';
import { startStandalone, type Standalone } from './standalone.js';

// needs: bundle

const JOB = `
import json, sys
from pathlib import Path
from pyspark.sql import SparkSession

def look(_):
    import harbour, sys
    return [sys.executable, harbour.__file__]

spark = SparkSession.builder.getOrCreate()
found = spark.sparkContext.parallelize([0], 1).map(look).first()
Path(__file__).with_name("result.json").write_text(json.dumps([*found, sys.argv[1:]]))
spark.stop()
`;

let folder: string;
let venv: KernelVenv;
let cluster: Standalone;
let spark: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-airflow-'));
  venv = await makeKernelVenv();
  spark = await makeSparkHome(folder);
  cluster = await startStandalone(folder, { ...spark, SHIP_ENV_NODE_ROOT: join(folder, 'node') }, [
    join(venv.folder, 'venv'),
    join(venv.folder, 'harbour')
  ]);
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (cluster as Standalone | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

test('the DAG of the example runs a release with the operator of Airflow', async () => {
  const dags = join(folder, 'dags');
  const target = `file://${dags}/target`;
  await mkdir(join(dags, 'target'), { recursive: true });
  const env = { ...spark, SHIP_ENV_CACHE: join(folder, 'cache') };
  const shipEnv = (...args: string[]): Promise<{ stdout: string }> =>
    execa(process.execPath, [BUNDLE, ...args], { env });
  await shipEnv('ship', '--python', venv.python, '--target', target, '--release', 'v1');
  const words = ['--release', 'v1', '--target', target, '--master', cluster.master, '--as', 'json'];
  const conf = JSON.parse((await shipEnv('config', ...words)).stdout) as Record<string, string>;
  await writeFile(
    join(dags, 'tides.json'),
    JSON.stringify({ ...conf, 'spark.pyspark.driver.python': venv.python, 'spark.ui.enabled': 'false' })
  );
  await writeFile(join(dags, 'app.py'), JOB);
  await copyFile(new URL('../../../examples/airflow_dag.py', import.meta.url), join(dags, 'airflow_dag.py'));

  const airflow = await makeVenv(join(folder, 'airflow'), ['apache-airflow-providers-apache-spark']);
  const { hostname, port } = new URL(cluster.master.replace('spark:', 'http:'));
  const connection = { conn_type: 'spark', host: `spark://${hostname}`, port: Number(port) };
  await execa(airflow, ['-c', 'from airflow_dag import tides; tides.execute({})'], {
    env: {
      ...spark,
      AIRFLOW_HOME: join(folder, 'airflow-home'),
      AIRFLOW_CONN_SPARK_DEFAULT: JSON.stringify(connection),
      PATH: [join(spark['SPARK_HOME'] ?? '', 'bin'), spark['PATH']].join(delimiter),
      PYTHONPATH: dags
    }
  });
  const [python, harbour, args] = JSON.parse(await readFile(join(dags, 'result.json'), 'utf8')) as [
    string,
    string,
    string[]
  ];
  expect(python.startsWith(`${folder}/node/`), python).toBe(true);
  expect(harbour).toMatch(/\/\.ship-env-code-harbour-/);
  expect(args).toEqual(['{{ ds }}']);
});
