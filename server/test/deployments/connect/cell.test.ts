import { execaSync } from 'execa';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CodeArchive } from '../../../src/contract/manifest.js';
import { parseMaster } from '../../../src/deployments/registry.js';
import { manifestOf } from '../spark/support/code.js';
import { outputsOf } from '../spark/support/conf.js';
import { PROJECT } from '../spark/support/spark.js';

const PYTHON = join(PROJECT, '.venv', 'bin', 'python');
const manifest = manifestOf('env-1234');
const code: CodeArchive[] = [
  { name: 'my-model', fileName: 'my_model-aa.zip', bytes: 10, sha256: 'a', modules: ['my_model'] }
];

function arrange(
  of: Partial<Parameters<typeof outputsOf>[0]> & { folder?: string } = {}
): ReturnType<typeof outputsOf> {
  const { folder = 'file:///data', ...options } = of;
  const target = { uri: (name: string) => `${folder}/${name}`, sparkProperties: () => ({}) };
  return outputsOf({ manifest, code, pointer: 'p.json', target, master: 'sc://host:15002', ...options });
}

/** The number of a pointer file. */
const NUMBER: unknown = expect.stringMatching(/^[0-9]{20}$/u);

/**
 * Runs a cell twice with a session that only notes its calls; in between, `between` runs.
 *
 * @returns the calls of both runs, and the names that the cell left
 */
function callsOf(
  cell: string,
  between = '',
  env: Record<string, string> = {}
): { calls: unknown[][]; names: string[] } {
  const program = `
import json, os, re, sys, types
calls = [[]]
class Session:
    def __init__(self):
        self.properties = {}
        self.conf = types.SimpleNamespace(get=lambda key, default: self.properties.get(key, default), set=self.set)
    def set(self, key, value): self.properties[key] = value
    def addArtifacts(self, *paths, **kind):
        for path in paths:
            if "ship-env-code-" in path:
                calls[-1].append(["pointer", os.path.basename(path)[14:34], open(path).read()])
            else:
                calls[-1].append([*kind, path])
    def sql(self, text):
        calls[-1].append(["sql", text])
        return types.SimpleNamespace(collect=lambda: [])
session = Session()
def remote(address):
    calls[-1].append(["remote", address])
    return types.SimpleNamespace(getOrCreate=lambda: session)
pyspark, sql = types.ModuleType("pyspark"), types.ModuleType("pyspark.sql")
sql.SparkSession = types.SimpleNamespace(builder=types.SimpleNamespace(remote=remote))
sys.modules.update({"pyspark": pyspark, "pyspark.sql": sql})
names = {}
source = sys.stdin.read()
exec(source, names)
calls.append([])
${between}
exec(source, names)
del names["__builtins__"]
calls.append(["python", session.properties["spark.sql.execution.pyspark.python"]])
print(json.dumps({"calls": calls, "names": sorted(names)}))
`;
  const { stdout } = execaSync(PYTHON, ['-c', program], { input: cell, env: { PYTHONUTF8: '1', ...env } });
  return JSON.parse(stdout) as { calls: unknown[][]; names: string[] };
}

test('The cell is plain PySpark that gives a session its files, its code and its python, once', async () => {
  const { cell = '', conf } = await arrange();
  expect(conf).toBeUndefined();
  expect(cell.split('\n').slice(0, 3)).toEqual([
    "# Ship env to cluster: the executors run this kernel's packages and code. The next ship rewrites this cell.",
    '# Python 3.11, 2 packages (env-1234); code of my-model.',
    '# Now: spark is a session of the Spark Connect server. After spark.stop(), run this cell again.'
  ]);
  const { calls, names } = callsOf(cell);
  expect(calls).toEqual([
    [
      ['remote', 'sc://host:15002'],
      ['file', 'file:///data/env-1234.pex'],
      ['file', 'file:///data/my_model-aa.zip'],
      ['pointer', NUMBER, expect.stringContaining('"my_model-aa.zip"')]
    ],
    [['remote', 'sc://host:15002']],
    ['python', './env-1234.pex']
  ]);
  expect(names).toEqual(['SparkSession', '_', 'builder', 'os', 'ship_env', 'spark', 'tempfile', 'time']);
});

test('A session that has newer code gets a pointer file with a higher number, also when the clock went back', async () => {
  const { cell = '' } = await arrange();
  const newer = 'session.properties["spark.shipEnv.code"] = "99999999999999999998-aa"';
  expect(callsOf(cell, newer).calls[1]).toEqual([
    ['remote', 'sc://host:15002'],
    ['pointer', '99999999999999999999', expect.stringContaining('"my_model-aa.zip"')]
  ]);
});

test('Without code a session gets no pointer file, unless it had code', async () => {
  const { cell = '' } = await arrange({ code: [], pointer: undefined });
  expect(callsOf(cell).calls.slice(0, 2)).toEqual([
    [
      ['remote', 'sc://host:15002'],
      ['file', 'file:///data/env-1234.pex']
    ],
    [['remote', 'sc://host:15002']]
  ]);
  const had = `session.properties["spark.shipEnv.code"] = "${'0'.repeat(20)}-aa"`;
  expect(callsOf(cell, had).calls[1]?.[1]).toEqual(['pointer', NUMBER, '{"schema":2,"archives":[]}\n']);
});

test('Executors that see the artifact run it where it lies, and get only the code', async () => {
  const { cell = '' } = await arrange({ sharedArtifact: '/data/env-1234.pex' });
  const { calls } = callsOf(cell);
  expect(calls[0]?.map(call => (call as string[])[0])).toEqual(['remote', 'file', 'pointer']);
  expect(calls[2]).toEqual(['python', '/data/env-1234.pex']);
});

test('The server and the executors fetch what lies in a store', async () => {
  const { cell = '' } = await arrange({ folder: 's3a://bucket/envs' });
  expect(callsOf(cell).calls[0]?.[1]).toEqual([
    'sql',
    'ADD FILE "s3a://bucket/envs/env-1234.pex" "s3a://bucket/envs/my_model-aa.zip"'
  ]);
});

test.each([
  ['sc://host:443/;use_ssl=true;token=s3cret', 'sc://host:443/;use_ssl=true;token=…'],
  ['sc://host/;user_id=ann', 'sc://host/;user_id=…'],
  ['sc://host:443/;x-api-key=s3cret;', 'sc://host:443/;x-api-key=…'],
  ['sc://host:443/;session_id=s3cret', 'sc://host:443/;session_id=…']
])('The secrets of %s are in no output, and the kernel takes the address from SPARK_REMOTE', async (address, shown) => {
  const { master } = parseMaster(address);
  expect(master).toBe(shown);
  expect(parseMaster(master).master).toBe(shown);
  const outputs = await arrange({ master });
  expect(JSON.stringify(outputs)).not.toMatch(/s3cret|ann/u);
  const { calls } = callsOf(outputs.cell ?? '', '', { SPARK_REMOTE: address });
  expect(calls[1]).toEqual([['remote', address]]);
});
