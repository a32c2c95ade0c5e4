import { execaSync } from 'execa';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { liveUpdate } from '../../src/spark/index.js';
import { manifestOf } from './support/code.js';
import { PROJECT } from './support/spark.js';

const PYTHON = join(PROJECT, '.venv', 'bin', 'python');
const { source, expression } = liveUpdate({
  manifest: manifestOf('env-1234'),
  code: [{ name: 'it\'s "quoted" \\', fileName: 'é-aa.zip', bytes: 1, sha256: '', modules: ['é'] }],
  target: { uri: name => `file:///data/${name}` }
});

/** Outcome, names left behind and output of the update in a kernel prepared so. */
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
