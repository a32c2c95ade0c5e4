import { createHash } from 'node:crypto';
import { appendFile, chmod, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { manifest as manifestSchema } from '../../src/contract/manifest.js';
import { shipResult, STEP_NAMES, type StepEvent } from '../../src/contract/ship.js';
import { configOf } from '../../src/ship/config.js';
import { listArtifacts } from '../../src/inventory/list.js';
import { ship } from '../../src/ship/ship.js';
import { BY_CONTENT, Verified } from '../../src/trust/verified.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { bytesOf, makePort, names } from './port.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0', 'idna==3.10');
});
afterAll(() => kernel.remove());

test('a ship puts artifact, code archive, pointer and manifest on the target, and says so', async () => {
  const port = await makePort(kernel);
  const events: StepEvent[] = [];
  const result = await port.ship({ emit: event => events.push(event) });
  expect(shipResult.parse(result)).toEqual(result);
  expect(result).toMatchObject({
    reused: false,
    dryRun: false,
    code: [{ name: expect.stringMatching(/^harbour-.*\.zip$/) }]
  });
  expect(await names(port.directory)).toEqual([
    `${result.artifact.id}.json`,
    result.artifact.name,
    result.code[0]?.name,
    expect.stringMatching(/^ship-env-code-0+-/)
  ]);
  const bytes = await bytesOf(port.directory, await names(port.directory));
  expect(result.uploadedBytes).toBe(bytes);
  expect(events.filter(event => event.state === 'started').map(event => event.name)).toEqual(STEP_NAMES);
  expect(events.filter(event => event.state === 'done').map(event => event.name)).toEqual(STEP_NAMES);
  expect(result.steps.map(step => step.name)).toEqual(STEP_NAMES);
});

test('the manifest names the distributions of the artifact, without a trace of this machine', async () => {
  const port = await makePort(kernel);
  const { artifact } = await port.ship();
  const text = await readFile(join(port.directory, `${artifact.id}.json`), 'utf8');
  const manifest = manifestSchema.parse(JSON.parse(text));
  expect(manifest.segments.map(segment => `${segment.name} ${segment.version}`).sort()).toEqual([
    'idna 3.10',
    'six 1.17.0'
  ]);
  expect(manifest.artifact).toMatchObject({ name: artifact.name, bytes: artifact.bytes, sha256: artifact.sha256 });
  expect(text).not.toContain('harbour');
  expect(text).not.toContain(kernel.folder);
});

test('shipping again sends nothing, also with an empty cache as another person has it', async () => {
  const port = await makePort(kernel);
  const first = await port.ship();
  const other = await Cache.open(join(await temporaryFolder(), 'cache'));
  for (const cache of [port.cache, other]) {
    const again = await ship(port.request(), { cache, signal: new AbortController().signal, emit: () => undefined });
    expect(again).toMatchObject({ reused: true, uploadedBytes: 0, artifact: first.artifact, conf: first.conf });
  }
});

test('an edited line sends its code archive and pointer only', async () => {
  const port = await makePort(kernel);
  const first = await port.ship();
  const before = await names(port.directory);
  await kernel.edit('v2');
  const second = await port.ship();
  await kernel.edit('v1');
  expect(second).toMatchObject({ reused: true, artifact: first.artifact });
  const added = (await names(port.directory)).filter(name => !before.includes(name));
  expect(added).toEqual([second.code[0]?.name, expect.stringMatching(/^ship-env-code-/)]);
  const bytes = await bytesOf(port.directory, added);
  expect(second.uploadedBytes).toBe(bytes);
  const third = await port.ship();
  expect(third).toMatchObject({ code: first.code, uploadedBytes: 0 });
});

test('an installed package makes a new artifact; the old one stays as it is for the jobs that run on it', async () => {
  const port = await makePort(kernel);
  const first = await port.ship();
  const before = await readFile(join(port.directory, first.artifact.name));
  await kernel.install('toml==0.10.2');
  const second = await port.ship();
  await kernel.uninstall('toml');
  expect(second.artifact.id).not.toBe(first.artifact.id);
  expect(await readFile(join(port.directory, first.artifact.name))).toEqual(before);
  const listed = await listArtifacts(port.request().target, new AbortController().signal);
  expect(listed.map(row => [row.id, row.distributions]).sort()).toEqual(
    [
      [first.artifact.id, 2],
      [second.artifact.id, 3]
    ].sort()
  );
});

test('of an artifact that is too much for a plain zip the result says how it starts', async () => {
  const port = await makePort(kernel);
  const { artifact, findings } = await port.ship();
  expect(findings).toEqual([]);
  const path = join(port.directory, `${artifact.id}.json`);
  const manifest = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  // Like a manifest that the ship of a large environment wrote and remembers.
  await chmod(path, 0o644);
  const text = JSON.stringify({ ...manifest, entries: 70_000 });
  await writeFile(path, text);
  const verified = await Verified.open(port.cache, { url: `file://${port.directory}` });
  verified.add(`${artifact.id}.json`, BY_CONTENT, createHash('sha256').update(text).digest('hex'));
  await verified.save();
  expect((await port.ship()).findings).toMatchObject([{ kind: 'zip64-artifact', subject: artifact.name }]);
});

test('two ships of one environment at once send it once', async () => {
  const port = await makePort(kernel);
  const other = await Cache.open(port.cache.root);
  const results = await Promise.all(
    [port.cache, other].map(cache =>
      ship(port.request(), { cache, signal: new AbortController().signal, emit: () => undefined })
    )
  );
  expect(results.map(result => result.artifact.sha256)).toEqual(Array(2).fill(results[0]?.artifact.sha256));
  const bytes = await bytesOf(port.directory, await names(port.directory));
  expect(results.reduce((sum, result) => sum + result.uploadedBytes, 0)).toBe(bytes);
});

test('a dry run says exactly what a ship would send, and writes nothing', async () => {
  const port = await makePort(kernel);
  const dry = await port.ship({ more: { dryRun: true } });
  expect(dry.dryRun).toBe(true);
  expect(await names(port.directory)).toEqual([]);
  const real = await port.ship();
  expect(dry.uploadedBytes).toBe(real.uploadedBytes);
  expect(dry.artifact).toEqual(real.artifact);
});

test('a master that has no config stops the ship before anything is written', async () => {
  const port = await makePort(kernel);
  await expect(port.ship({ more: { master: 'local[2]' } })).rejects.toMatchObject({
    code: 'CONFIG_MASTER_UNSUPPORTED'
  });
  expect(await names(port.directory)).toEqual([]);
});

test('a folder whose name Spark cannot take stops the ship before anything is written', async () => {
  const port = await makePort(kernel);
  const url = `file://${port.directory}/a,b`;
  await expect(port.ship({ more: { target: { name: '', url } } })).rejects.toMatchObject({
    code: 'TARGET_URL_INVALID'
  });
  expect(await names(port.directory)).toEqual([]);
});

test('an artifact that was changed on the target is told, not used', async () => {
  const port = await makePort(kernel);
  const { artifact } = await port.ship();
  const path = join(port.directory, artifact.name);
  await chmod(path, 0o644);
  await truncate(path, 100);
  await expect(port.ship()).rejects.toMatchObject({ code: 'TARGET_CONFLICT', hint: expect.stringContaining('elete') });
});

test('a foreign manifest neither hides the others nor passes for one', async () => {
  const port = await makePort(kernel);
  const { artifact } = await port.ship();
  await appendFile(join(port.directory, 'env-0123456789abcdef0123.json'), '{"schema": 99}');
  const rows = await listArtifacts(port.request().target, new AbortController().signal);
  expect(rows.find(row => row.id === artifact.id)).toMatchObject({ distributions: 2 });
  expect(rows.find(row => row.id === 'env-0123456789abcdef0123')?.problem).toContain('manifest');
});

test('a secret in the editable stops the ship before anything is built or written', async () => {
  const port = await makePort(kernel);
  const secret = join(kernel.module, '..', '.env');
  await appendFile(secret, 'KEY=1\n');
  try {
    await expect(port.ship()).rejects.toMatchObject({ code: 'CODE_SECRET_FOUND' });
    expect(await names(port.directory)).toEqual([]);
    await expect(port.ship({ more: { allowSecrets: ['.env'] } })).resolves.toMatchObject({ type: 'result' });
  } finally {
    await rm(secret);
  }
});

test.each([
  ['a local cluster', {}, true],
  ['a cluster that shares the directory', { master: 'spark://host:7077', shared: true }, true],
  ['another cluster', { master: 'spark://host:7077' }, false]
])(
  'executors of %s run the artifact where it lies: %o, %s',
  async (_, { master, shared }: { master?: string; shared?: boolean }, isDirect) => {
    const port = await makePort(kernel);
    const target = { name: '', url: `file://${port.directory}`, shared };
    const { artifact, conf, cell } = await port.ship({ more: { target, ...(master === undefined ? {} : { master }) } });
    const python = isDirect ? join(port.directory, artifact.name) : `./${artifact.name}`;
    expect(conf['spark.pyspark.python']).toBe(python);
    expect(cell).toContain(`os.environ["PYSPARK_PYTHON"] = "${python}"`);
    expect(conf['spark.files']?.includes(artifact.name)).toBe(!isDirect);
    expect(conf['spark.files']).toContain('harbour-');
  }
);

test('the config of a shipped environment is that of its ship; of another one it is refused', async () => {
  const port = await makePort(kernel);
  const signal = new AbortController().signal;
  await mkdir(port.directory, { recursive: true });
  await expect(configOf(port.request(), { cache: port.cache, signal })).rejects.toMatchObject({
    code: 'ARTIFACT_NOT_SHIPPED'
  });
  const { conf, cell } = await port.ship();
  expect(await configOf(port.request(), { cache: port.cache, signal })).toMatchObject({ conf, cell });
  await kernel.edit('v4');
  const edited = configOf(port.request(), { cache: port.cache, signal });
  await expect(edited).rejects.toMatchObject({
    code: 'ARTIFACT_NOT_SHIPPED',
    message: expect.stringContaining('harbour')
  });
  await kernel.edit('v1');
});
