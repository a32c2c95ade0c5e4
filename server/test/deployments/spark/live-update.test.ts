import { execaSync } from 'execa';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { liveUpdate } from '../../../src/deployments/spark/live-update.js';
import { manifestOf } from './support/code.js';
import { PROJECT } from './support/spark.js';

const PYTHON = join(PROJECT, '.venv', 'bin', 'python');
const { source, expression } = liveUpdate(
  {
    manifest: manifestOf('env-1234'),
    code: [{ name: 'it\'s "quoted" \\', fileName: 'é-aa.zip', bytes: 1, sha256: '', modules: ['é'] }]
  },
  { uri: name => `file:///data/${name}` }
);

/** Outcome, remaining names and output of the update in a kernel with this preparation. */
function updateAfter(preparation: string): unknown {
  const program = `
import contextlib, io, json, sys, types
${preparation}
names, output = {}, io.StringIO()
with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
    exec(sys.stdin.read(), names)
del names["__builtins__"]
print(json.dumps({**json.loads(names[${JSON.stringify(expression)}]), "names": list(names), "output": output.getvalue()}))
`;
  return JSON.parse(execaSync(PYTHON, ['-I', '-c', program], { input: source, env: { PYTHONUTF8: '1' } }).stdout);
}

const quiet = { names: ['_ship_env_outcome'], output: '' };

test('A kernel that never imported pyspark has no session, and pyspark stays unimported', () => {
  expect(updateAfter('')).toEqual({ state: 'none', message: 'The kernel has no Spark session.', ...quiet });
});

test('A kernel with pyspark but without a session has none', () => {
  expect(updateAfter('import pyspark')).toEqual({
    state: 'none',
    message: 'The kernel has no Spark session.',
    ...quiet
  });
});

test('A session of Spark Connect is left alone', () => {
  const connect = `
connect = types.ModuleType("pyspark.sql.connect.session")
connect.SparkSession = types.SimpleNamespace(getActiveSession=lambda: "a session")
sys.modules["pyspark.sql.connect.session"] = connect`;
  expect(updateAfter(connect)).toMatchObject({
    state: 'none',
    message: expect.stringContaining('Spark Connect'),
    ...quiet
  });
});

test.each(['the properties of its context', 'its own properties'])(
  'An isolated session, by %s, has to be built anew, since SQL would go on with the old code',
  by => {
    const own = by === 'its own properties';
    const isolated = `
conf = {"spark.python.daemon.module": "ship_env_runtime", "spark.sql.artifact.isolation.enabled": "${own ? 'false' : 'true'}"}
context = types.SimpleNamespace(_jsc=1, getConf=lambda: conf, pythonExec="/target/env-1234.pex", listFiles=[])
pyspark, sql = types.ModuleType("pyspark"), types.ModuleType("pyspark.sql")
pyspark.SparkContext = types.SimpleNamespace(_active_spark_context=context)
session = types.SimpleNamespace(conf={"spark.sql.artifact.isolation.enabled": "true"}) if ${own ? 'True' : 'False'} else None
sql.SparkSession = types.SimpleNamespace(_instantiatedSession=session)
sys.modules.update({"pyspark": pyspark, "pyspark.sql": sql})`;
    expect(updateAfter(isolated)).toEqual({
      state: 'restart',
      message: expect.stringContaining('spark.sql.artifact.isolation.enabled'),
      ...quiet
    });
  }
);

test('Whatever goes wrong becomes an outcome', () => {
  const broken = `
def fail(): raise ConnectionRefusedError("the JVM is gone")
context = types.SimpleNamespace(_jsc=1, getConf=fail)
pyspark = types.ModuleType("pyspark")
pyspark.SparkContext = types.SimpleNamespace(_active_spark_context=context)
sys.modules["pyspark"] = pyspark`;
  expect(updateAfter(broken)).toEqual({
    state: 'failed',
    message: 'ConnectionRefusedError: the JVM is gone',
    ...quiet
  });
});
