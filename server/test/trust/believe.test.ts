import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { manifest as manifestSchema, type Manifest } from '../../src/contract/manifest.js';
import { configOf } from '../../src/ship/config.js';
import { listArtifacts } from '../../src/inventory/list.js';
import { planLazily, type LazyPlan } from '../../src/ship/plan.js';
import { publishedManifest } from '../../src/trust/published.js';
import { Verified } from '../../src/trust/verified.js';
import { lookAtEnvironment } from '../../src/environment/index.js';
import { openTarget, type Target } from '../../src/targets/index.js';
import { untilNextTick } from '../support/disk.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { calm } from '../payloads/payloads.js';
import { portIn, type Port } from '../ship/port.js';

let kernel: KernelVenv;
let port: Port;
let plan: LazyPlan;
let target: Target;
let path: string;
let text: string;

beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0', 'idna==3.10');
  port = await portIn(kernel.folder, kernel);
  const { artifact } = await port.ship();
  const snapshot = await lookAtEnvironment({ python: kernel.python, cache: port.cache, signal: calm });
  plan = await planLazily(snapshot, port.request(), { cache: port.cache, signal: calm });
  target = await openTarget(port.request().target);
  path = join(port.directory, `${artifact.id}.json`);
  text = await readFile(path, 'utf8');
  await chmod(path, 0o644);
});
afterAll(() => kernel.remove());

async function believed(): Promise<Manifest | undefined> {
  const verified = await Verified.open(port.cache, target);
  return publishedManifest(target, plan, { cache: port.cache, verified, signal: calm });
}

/** Replaces the manifest during a test. */
async function write(change: (manifest: Manifest) => unknown): Promise<void> {
  const manifest = manifestSchema.parse(JSON.parse(text));
  change(manifest);
  await writeFile(path, JSON.stringify(manifest));
  onTestFinished(() => writeFile(path, text));
}

type Segment = Manifest['segments'][number];
const onFirst =
  (change: (segment: Segment, next: Segment) => unknown) =>
  ({ segments: [first, second] }: Manifest): unknown => {
    if (first === undefined || second === undefined) throw new Error('There are two segments.');
    return change(first, second);
  };

/** A manifest whose head is one byte longer. */
function moveAll({ head, segments }: Manifest): void {
  head.length += 1;
  for (const segment of segments) segment.offset += 1;
}

test.each<[what: string, change: (manifest: Manifest) => unknown]>([
  ['the id', manifest => (manifest.id = 'env-00000000000000000000')],
  ['the name of the artifact', manifest => (manifest.artifact.name = 'env-00000000000000000000.pex')],
  ["the python's minor", manifest => (manifest.python.minor = '3.1')],
  ["the python's abiTag", manifest => (manifest.python.abiTag = 'cp399')],
  ["the python's platformTag", manifest => (manifest.python.platformTag = 'linux_vax')],
  ['the length of the head', moveAll],
  ['the sha256 of the head', manifest => (manifest.head.sha256 = '0'.repeat(64))],
  ['the key of distribution 1', onFirst(first => (first.key = first.key.replace(/^./u, '!')))],
  ['the wheel of distribution 1', onFirst(first => (first.wheel = 'other-1.0-py3-none-any.whl'))],
  ['the name of distribution 1', onFirst(first => (first.name = 'other'))],
  ['the version of distribution 1', onFirst(first => (first.version = '9'))],
  ['the offset of', onFirst((_, second) => (second.offset -= 1))],
  ['the offset of', onFirst(first => (first.length += 1))],
  ['the length of', onFirst((first, second) => ((first.length += 1), (second.offset += 1), (second.length -= 1)))],
  ['the offset of', ({ segments }) => segments.reverse()],
  ['the count of distributions', ({ segments }) => segments.pop()],
  ['the bytes of the artifact', manifest => (manifest.artifact.bytes = manifest.head.length)],
  ['the count of entries', manifest => Object.assign(manifest, { entries: 1_000_000 })],
  ['a sha256', onFirst(first => (first.sha256 = 'none'))]
])('a manifest of which %s is another one is not believed, and what differs is told', async (what, change) => {
  await write(change);
  await expect(believed()).rejects.toMatchObject({
    code: 'TARGET_CONFLICT',
    message: expect.stringMatching(new RegExp(`: ${what}.* should be .*; found .*\\.$`, 'u')),
    hint: expect.stringContaining(`delete ${plan.id}.json`)
  });
});

test.each<[what: string, change: (manifest: Manifest) => unknown]>([
  ['sha256', manifest => (manifest.artifact.sha256 = '0'.repeat(64))],
  ['bytes', manifest => (manifest.artifact.bytes += 1)]
])('a manifest that claims other %s of the artifact than the target holds is not believed', async (_, change) => {
  await write(change);
  await expect(believed()).rejects.toMatchObject({
    code: 'TARGET_CONFLICT',
    message: expect.stringContaining(plan.name)
  });
});

test('the manifest that a ship wrote is believed without planning again', async () => {
  const whole = (): never => {
    throw new Error('It was planned again.');
  };
  const verified = await Verified.open(port.cache, target);
  const found = await publishedManifest(target, { ...plan, whole }, { cache: port.cache, verified, signal: calm });
  expect(found).toEqual(manifestSchema.parse(JSON.parse(text)));
});

const damages: [what: string, damage: (text: string) => string, objects: () => string[]][] = [
  ['was emptied', () => '', () => [`${plan.id}.json`]],
  ['was cut off', text => text.slice(0, text.length >> 1), () => [`${plan.id}.json`]],
  ['is another JSON file', () => '{}', () => [`${plan.id}.json`]],
  ['holds zeros', text => '\0'.repeat(text.length), () => [`${plan.id}.json`]],
  ['was edited in a version', text => text.replace('"1.17.0"', '"1.17.9"'), () => [`${plan.id}.json`]],
  // Nobody can tell which of the two was changed.
  ['was edited in the size of the artifact', text => text.replace(/"bytes": \d/u, '"bytes": 9'), both],
  [
    'was edited in the sha256 of the artifact',
    text => text.replace(/"sha256": "\w/u, '"sha256": "x'),
    () => [`${plan.id}.json`]
  ],
  ['was edited to another sha256', text => text.replace(/"sha256": "\w+/u, `"sha256": "${'0'.repeat(64)}`), both]
];
function both(): string[] {
  return [plan.name, `${plan.id}.json`];
}

test.each(damages)(
  'of a manifest that %s, ship and config say what to delete, and then a ship writes it again',
  async (...[, damage, objects]) => {
    const artifact = await readFile(join(port.directory, plan.name));
    onTestFinished(async () => {
      await Promise.all([writeFile(path, text), writeFile(join(port.directory, plan.name), artifact)]);
      await chmod(join(port.directory, plan.name), 0o755);
    });
    expect(damage(text)).not.toBe(text);
    await writeFile(path, damage(text));
    const told = {
      code: 'TARGET_CONFLICT',
      hint: expect.stringMatching(new RegExp(`elete ${objects().join(' and ')} there.* writes (it|both) again`, 'u'))
    };
    await expect(port.ship()).rejects.toMatchObject(told);
    await expect(configOf(port.request(), { cache: port.cache, signal: calm })).rejects.toMatchObject(told);
    for (const name of objects()) await rm(join(port.directory, name));
    await port.ship();
    expect(await readFile(path, 'utf8')).toBe(text);
  }
);

test.each(damages.filter(([what]) => what !== 'was edited in a version' && what !== 'was edited to another sha256'))(
  'of a manifest that %s, list says what to delete',
  async (...[, damage, objects]) => {
    await writeFile(path, damage(text));
    onTestFinished(() => writeFile(path, text));
    const rows = await listArtifacts(port.request().target, calm);
    const hint = new RegExp(`elete ${objects().join(' and ')} there.* writes (it|both) again`, 'u');
    expect(rows).toMatchObject([{ id: plan.id, hint: expect.stringMatching(hint) }]);
  }
);

test('a manifest that names another file makes no cell, and no config', async () => {
  await write(manifest => (manifest.artifact.name = 'evil.pex'));
  await expect(port.ship()).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
  const config = configOf(port.request(), { cache: port.cache, signal: calm });
  await expect(config).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
  const rows = await listArtifacts(port.request().target, calm);
  expect(rows).toMatchObject([{ id: plan.id, problem: expect.stringContaining('evil.pex') }]);
});

test('an artifact of the same size with another byte is told by ship and config, and named', async () => {
  const artifact = join(port.directory, plan.name);
  const content = await readFile(artifact);
  const other = Buffer.from(content);
  other.writeUInt8((other[other.length >> 1] ?? 0) ^ 1, other.length >> 1);
  await chmod(artifact, 0o755);
  await writeFile(artifact, other);
  onTestFinished(() => writeFile(artifact, content));
  const told = {
    code: 'TARGET_CONFLICT',
    message: expect.stringContaining(plan.name),
    hint: expect.stringContaining(`elete ${plan.name}`)
  };
  await expect(port.ship()).rejects.toMatchObject(told);
  await expect(configOf(port.request(), { cache: port.cache, signal: calm })).rejects.toMatchObject(told);
  expect((await stat(artifact)).size).toBe(content.length);
  untilNextTick(await temporaryFolder());
});
