import { execaSync } from 'execa';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CodeArchive } from '../../../src/contract/manifest.js';
import { CELL_MARK, cellSource } from '../../../src/deployments/spark/cell.js';
import type { SparkConf } from '../../../src/deployments/spark/config.js';
import { submitArguments } from '../../../src/deployments/spark/submit.js';
import { sparkConfOf } from './support/conf.js';
import { manifestOf } from './support/code.js';
import { PROJECT } from './support/spark.js';

const PYTHON = join(PROJECT, '.venv', 'bin', 'python');
const manifest = manifestOf('env-1234');
const code: CodeArchive[] = [
  { name: 'my-model', fileName: 'my_model-aa.zip', bytes: 10, sha256: 'a', modules: ['my_model'] }
];
const folder = { uri: (name: string) => `file:///data/${name}`, sparkProperties: () => ({}) };

function cellOf(conf: SparkConf, archives = code): string {
  return cellSource({ manifest, code: archives, conf, master: '' });
}

/** Runs the cell with a builder that only notes its calls, and returns the notes. */
function settingsOf(cell: string): unknown {
  const program = `
import json, os, sys, types
notes = []
class Builder:
    def config(self, key, value): notes.append([key, value]); return self
    def master(self, value): notes.append(["master", value]); return self
pyspark, sql = types.ModuleType("pyspark"), types.ModuleType("pyspark.sql")
sql.SparkSession = types.SimpleNamespace(builder=Builder())
sys.modules.update({"pyspark": pyspark, "pyspark.sql": sql})
names = {}
source = sys.stdin.read()
exec(source, names)
exec(source, names)
assert notes[: len(notes) // 2] == notes[len(notes) // 2 :], "twice is the same"
assert isinstance(names["builder"], Builder)
del names["__builtins__"]
print(json.dumps({"python": os.environ["PYSPARK_PYTHON"], "settings": notes[len(notes) // 2 :], "names": sorted(names)}))
`;
  return JSON.parse(
    execaSync(PYTHON, ['-c', program], { input: cell, env: { PYTHONIOENCODING: 'utf-8', PYTHONUTF8: '1' } }).stdout
  );
}

test('The cell is plain PySpark that a person can read', async () => {
  const conf = await sparkConfOf({
    manifest,
    code,
    pointer: 'p.json',
    target: folder,
    master: 'local-cluster[2,1,1024]'
  });
  expect(cellOf(conf))
    .toBe(`# Ship env to cluster: the executors run this kernel's packages and code. The next ship rewrites this cell.
# Python 3.11, 2 packages (env-1234); code of my-model.
# Now: spark = builder.getOrCreate()
# A running session keeps its environment: call spark.stop() first.
import os

from pyspark.sql import SparkSession

os.environ["PYSPARK_PYTHON"] = "./env-1234.pex"  # on the executors
builder = (
    SparkSession.builder
    .master("local-cluster[2,1,1024]")
    .config("spark.files", ",".join([
        "file:///data/env-1234.pex",
        "file:///data/my_model-aa.zip",
        "file:///data/p.json",
    ]))
    .config("spark.pyspark.python", "./env-1234.pex")
    .config("spark.python.daemon.module", "ship_env_runtime")
)`);
});

test.each(['', 'yarn', 'spark://host:7077'])('The cell asks for exactly the config of master "%s"', async master => {
  const conf = await sparkConfOf({ manifest, code, pointer: 'p.json', target: folder, master });
  expect(settingsOf(cellOf(conf))).toEqual({
    python: './env-1234.pex',
    settings: conf.map(([key, value]) => [key === 'spark.master' ? 'master' : key, value]),
    names: ['SparkSession', 'builder', 'os']
  });
});

test('No value and no name can leave its quotes or its comment', () => {
  const hostile = [
    '"',
    "'",
    '"""',
    '\\',
    '\\"',
    '\n',
    '\r',
    '\u2028',
    '\u0085',
    '\0',
    '\u007f',
    '{x}',
    '%s',
    '\\N{DASH}',
    'é🐍',
    '#'
  ];
  const conf: SparkConf = hostile.map((text, index) => [`spark.${index}.${text}`, `"); raise SystemExit(${text})`]);
  conf.push(['spark.pyspark.python', `./${hostile.filter(text => text !== '\0').join('')}`]);
  const archives = hostile.map(text => ({
    name: `${text}\nraise SystemExit`,
    fileName: 'x.zip',
    bytes: 1,
    sha256: '',
    modules: []
  }));
  expect(settingsOf(cellOf(conf, archives))).toMatchObject({ settings: conf });
});

test.each<[Record<string, string>, string[], string]>([
  [{ a: '1' }, [], 'Python 3.11, 1 package (env-1).'],
  [{}, [], 'Python 3.11, 0 packages (env-1).'],
  [{ a: '1', b: '2' }, ['zoo', 'acme'], 'Python 3.11, 2 packages (env-1); code of acme, zoo.']
])('The cell says what is in an environment of %j and code of %j', (distributions, names, told) => {
  const cell = cellSource({
    manifest: manifestOf('env-1', distributions),
    code: names.map(name => ({ name, fileName: 'x.zip', bytes: 1, sha256: '', modules: [] })),
    conf: [['spark.pyspark.python', 'p']],
    master: ''
  });
  expect(cell.split('\n')[1]).toBe(`# ${told}`);
});

test('A config without a python makes no cell', () => {
  expect(() => cellOf([['spark.files', 'x']])).toThrow('lacks spark.pyspark.python');
});

test('The first line tells the cell from others', () => {
  expect(cellOf([['spark.pyspark.python', './env-1234.pex']]).startsWith(CELL_MARK)).toBe(true);
});

test('spark-submit gets the same config through a shell', () => {
  const conf: SparkConf = [
    ['spark.master', 'local-cluster[2,1,1024]'],
    ['spark.files', "file:///it's here/$HOME/`x`,file:///b"],
    ['spark.python.daemon.module', 'ship_env_runtime']
  ];
  const words = (text: string) => execaSync('sh', ['-c', `printf '%s\\n' ${text}`]).stdout.split('\n');
  const expected = [
    ['--master', 'local-cluster[2,1,1024]'],
    ['--conf', "spark.files=file:///it's here/$HOME/`x`,file:///b"],
    ['--conf', 'spark.python.daemon.module=ship_env_runtime']
  ];
  expect(words(submitArguments(conf))).toEqual(expected.flat());
  expect(words(submitArguments(Object.fromEntries(conf), { driverPython: '/a b/python' }))).toEqual([
    ...expected.flat(),
    '--conf',
    'spark.pyspark.driver.python=/a b/python'
  ]);
});
