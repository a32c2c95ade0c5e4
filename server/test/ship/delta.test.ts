import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { manifest as manifestSchema } from '../../src/contract/manifest.js';
import { STEP_NAMES, type ShipResult, type StepEvent } from '../../src/contract/ship.js';
import { DigestMemory } from '../../src/payloads/digest-memory.js';
import { NOT_IMPLEMENTED, startFaultyProxy, type Answer, type Fault, type Passing } from '../support/faulty-proxy.js';
import { gate } from '../support/gate.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { useBucket } from '../targets/s3/bucket.js';
import { makePort, ofAnotherPython, type Port } from './port.js';

const MIB = 1024 * 1024;

const bucket = useBucket();
let kernel: KernelVenv;
beforeAll(async () => {
  // One distribution that is large enough to be copied, and one that comes after the packages of the tests.
  kernel = await makeKernelVenv('numpy==2.1.0', 'six==1.17.0');
});
afterAll(() => kernel.remove());

let url: string;
let port: Port;
beforeEach(async () => {
  // One cache for all: numpy is compressed once.
  [url, port] = [bucket.freshUrl(), await makePort(kernel, join(kernel.folder, 'cache'))];
});

/** The requests of a ship to the store, and the bytes of their bodies. */
interface Watched {
  result: Promise<ShipResult>;
  copies: number;
  bytes: number;
}

function watch(from: Port, fault: Fault = passing => passing.forward(), more: Shipping = {}): Watched {
  const watched: Watched = { result: Promise.reject(new Error('not begun')), copies: 0, bytes: 0 };
  watched.result.catch(() => undefined);
  watched.result = (async () => {
    const proxy = await startFaultyProxy(bucket.server.endpoint, passing => {
      watched.bytes += passing.body.length;
      if (isCopy(passing)) watched.copies += 1;
      return fault(passing);
    });
    onTestFinished(() => proxy.stop());
    return from.ship({ more: { target: bucket.server.settings(url, { endpoint: proxy.endpoint }) }, ...more });
  })();
  return watched;
}

interface Shipping {
  signal?: AbortSignal;
  emit?: (event: StepEvent) => void;
  digests?: DigestMemory;
}

function isCopy({ headers }: Passing): boolean {
  return headers['x-amz-copy-source'] !== undefined;
}

/** The bytes of an object below the target. */
async function download(name: string): Promise<Buffer> {
  const command = new GetObjectCommand({ Bucket: 'ship', Key: keyOf(name) });
  const { Body } = await bucket.client.send(command);
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

function keyOf(name: string): string {
  return `${url.slice('s3://ship/'.length)}/${name}`;
}

/** Checks that the artifact on the target matches its manifest, and that no upload is unfinished. */
async function expectWhole({ artifact }: ShipResult): Promise<void> {
  const { artifact: described } = manifestSchema.parse(
    JSON.parse((await download(`${artifact.id}.json`)).toString('utf8'))
  );
  const bytes = await download(artifact.name);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(described.sha256);
  expect(described).toEqual({ name: artifact.name, bytes: bytes.length, sha256: artifact.sha256 });
  expect((await bucket.leftBelow(url)).uploads).toBe(0);
}

/** Ships, and installs a small package. */
async function shipAndInstall(): Promise<ShipResult> {
  const first = await watch(port).result;
  await kernel.install('toml==0.10.2');
  onTestFinished(() => kernel.uninstall('toml'));
  return first;
}

describe('after a package was added', () => {
  test('only what is new is sent, and the rest is copied on the target', async () => {
    const first = await shipAndInstall();
    const ship = watch(port);
    const second = await ship.result;
    expect(second.artifact.id).not.toBe(first.artifact.id);
    expect(second).toMatchObject({ reused: false, reusedSegments: 2, findings: [] });
    expect(ship.copies).toBeGreaterThan(0);
    expect(second.copiedBytes).toBeGreaterThan(10 * MIB);
    expect(second.copiedBytes + second.uploadedBytes).toBeGreaterThan(second.artifact.bytes);
    expect(second.uploadedBytes).toBeLessThan(MIB);
    // The SDK also sends the lists of parts.
    expect(ship.bytes - second.uploadedBytes).toBeLessThan(10_000);
    await expectWhole(second);
    await expectWhole(first);
  });

  test('the artifacts of others serve as well', async () => {
    await shipAndInstall();
    const second = await watch(await makePort(kernel)).result;
    expect(second.copiedBytes).toBeGreaterThan(10 * MIB);
    await expectWhole(second);
  });

  test('a dry run tells what would be sent and copied', async () => {
    await shipAndInstall();
    const target = bucket.server.settings(url);
    const dry = await port.ship({ more: { target, dryRun: true } });
    const { uploadedBytes, copiedBytes, artifact } = await watch(port).result;
    // The manifest is also written.
    const manifestBytes = (await download(`${artifact.id}.json`)).length;
    expect(dry).toMatchObject({ uploadedBytes, copiedBytes });
    expect(manifestBytes).toBeGreaterThan(0);
  });

  test('manifests that cannot be read, and those of another Python, are passed over', async () => {
    const first = await shipAndInstall();
    const text = (await download(`${first.artifact.id}.json`)).toString('utf8');
    await bucket.client.send(new DeleteObjectCommand({ Bucket: 'ship', Key: keyOf(`${first.artifact.id}.json`) }));
    for (const [name, Body] of [
      ['env-00000000000000000001.json', '{'],
      ['env-00000000000000000002.json', ofAnotherPython(text)],
      ['env-00000000000000000003.json', text.replaceAll('.pex"', '.gone.pex"')]
    ] as const) {
      await bucket.client.send(new PutObjectCommand({ Bucket: 'ship', Key: keyOf(name), Body }));
    }
    const second = await watch(port).result;
    expect(second).toMatchObject({ copiedBytes: 0, findings: [] });
    await expectWhole(second);
  });
});

/** An object of the same size with one byte changed. */
async function damage(name: string): Promise<void> {
  const bytes = await download(name);
  const at = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await bucket.client.send(new PutObjectCommand({ Bucket: 'ship', Key: keyOf(name), Body: bytes }));
}

const FULL_UPLOAD = { kind: 'full-upload', subject: expect.any(String), message: expect.any(String) };

describe('all is sent, and the result says so,', () => {
  const refused = (status: number, code: string): Answer => ({ status, body: `<Error><Code>${code}</Code></Error>` });
  test.each([
    ['501; it is not asked again', NOT_IMPLEMENTED, false],
    ['400; it is not asked again', refused(400, 'InvalidArgument'), false],
    ['403; other credentials may be allowed to', refused(403, 'AccessDenied'), true],
    ['405; it is not asked again', refused(405, 'MethodNotAllowed'), false],
    ['200 without an ETag; it is not asked again', { status: 200, body: '<CopyPartResult></CopyPartResult>' }, false]
  ])('when the store answers a copy with %s', async (_, answer, isAskedAgain) => {
    await shipAndInstall();
    const proxy = await startFaultyProxy(bucket.server.endpoint, passing => {
      if (!isCopy(passing)) return passing.forward();
      asked += 1;
      return answer;
    });
    let asked = 0;
    onTestFinished(() => proxy.stop());
    const target = bucket.server.settings(url, { endpoint: proxy.endpoint });
    const second = await port.ship({ more: { target } });
    expect(second).toMatchObject({ copiedBytes: 0, findings: [FULL_UPLOAD] });
    expect(second.uploadedBytes).toBeGreaterThan(second.artifact.bytes);
    await expectWhole(second);
    const before = asked;
    await kernel.install('idna==3.10');
    onTestFinished(() => kernel.uninstall('idna'));
    const third = await port.ship({ more: { target } });
    expect(third).toMatchObject({ copiedBytes: 0, findings: [FULL_UPLOAD] });
    expect(asked > before).toBe(isAskedAgain);
    await expectWhole(third);
  });

  test('when the artifact to copy from vanishes before the copy', async () => {
    const { artifact } = await shipAndInstall();
    const ship = watch(port, async passing => {
      if (isCopy(passing)) {
        await bucket.client.send(new DeleteObjectCommand({ Bucket: 'ship', Key: keyOf(artifact.name) }));
      }
      return passing.forward();
    });
    const second = await ship.result;
    expect(ship.copies).toBeGreaterThan(0);
    expect(second).toMatchObject({ copiedBytes: 0, findings: [FULL_UPLOAD] });
    await expectWhole(second);
  });

  test('when it changes before the copy', async () => {
    const { artifact } = await shipAndInstall();
    let isChanged = false;
    const ship = watch(port, async passing => {
      if (isCopy(passing) && !isChanged) {
        isChanged = true;
        await damage(artifact.name);
      }
      return passing.forward();
    });
    const second = await ship.result;
    expect(second).toMatchObject({ copiedBytes: 0, findings: [FULL_UPLOAD] });
    expect(second.findings[0]?.message).toContain('412');
    await expectWhole(second);
  });

  test('when it does not hold what its manifest says', async () => {
    const { artifact } = await shipAndInstall();
    await damage(artifact.name);
    const ship = watch(port);
    const second = await ship.result;
    expect(ship.copies).toBeGreaterThan(0);
    expect(second).toMatchObject({ copiedBytes: 0, findings: [FULL_UPLOAD] });
    expect(second.findings[0]?.message).toContain('manifest');
    await expectWhole(second);
    // The next ship is not affected.
    expect((await watch(port).result).reused).toBe(true);
  });
});

/** The cached segments, with their paths. */
async function segmentsOf({ cache }: Port): Promise<{ path: string; content: Buffer }[]> {
  const folder = join(cache.root, 'segments');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(file => file.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path, content: await readFile(path) };
    })
  );
}

/** Changes a byte of each cached segment, before its digests. */
async function damageSegments(of: Port, atMost = 1000): Promise<void> {
  for (const { path, content } of await segmentsOf(of)) {
    const at = Math.min(atMost, content.length >> 1);
    content.writeUInt8(content.readUInt8(at) ^ 1, at);
    await writeFile(path, content);
  }
}

/** The segment of numpy. */
async function largestSegment(of: Port): Promise<Buffer> {
  return (await segmentsOf(of)).map(({ content }) => content).reduce((a, b) => (a.length < b.length ? b : a));
}

test.each([
  ['read for an MD5', 1000, false],
  ['not read at all', 8 * MIB, true]
])('a process that remembers ships right what was damaged in the cache and is %s', async (_, at, isLeft) => {
  const own = await makePort(kernel);
  const digests = new DigestMemory();
  await watch(own, undefined, { digests }).result;
  const whole = await largestSegment(own);
  await kernel.install('toml==0.10.2');
  onTestFinished(() => kernel.uninstall('toml'));
  await damageSegments(own, at);
  const damaged = await largestSegment(own);
  const second = await watch(own, undefined, { digests }).result;
  expect(second.copiedBytes).toBeGreaterThan(10 * MIB);
  await expectWhole(second);
  expect(second.findings).toEqual([]);
  // The ship that sends the segment notices it.
  expect((await largestSegment(own)).equals(isLeft ? damaged : whole)).toBe(true);
  url = bucket.freshUrl();
  await expectWhole(await watch(own, undefined, { digests }).result);
  expect((await largestSegment(own)).equals(whole)).toBe(true);
});

test('a segment that was damaged in the cache is compressed anew, also when the store copies it', async () => {
  const own = await makePort(kernel);
  await watch(own).result;
  await kernel.install('toml==0.10.2');
  onTestFinished(() => kernel.uninstall('toml'));
  await damageSegments(own);
  const second = await watch(own).result;
  expect(second.copiedBytes).toBeGreaterThan(10 * MIB);
  await expectWhole(second);
});

test('a segment that was damaged in the cache is compressed anew, and nothing of it is published', async () => {
  const own = await makePort(kernel);
  await watch(own).result;
  await damageSegments(own);
  url = bucket.freshUrl();
  const { artifact, ...again } = await watch(own).result;
  await expectWhole({ artifact, ...again });
  expect((await bucket.leftBelow(url)).uploads).toBe(0);
});

/** Keeps all distributions but the first, which is the largest, from being compressed before `until` has ended. */
function holdBack({ cache }: Port, until: () => Promise<void>): void {
  const entry = cache.entry.bind(cache);
  let first: string | undefined;
  cache.entry = (kind, name, write) => {
    if (kind === 'segments') first ??= name;
    return entry(kind, name, async path => {
      if (kind === 'segments' && name !== first) await until();
      return write(path);
    });
  };
}

/** Writes a new file: the existing one may be a hard link into the installer's cache. */
async function replaceFile(path: string, content: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, content);
}

async function pythonFolder(): Promise<string> {
  return (await readdir(join(kernel.folder, 'venv', 'lib')))[0] ?? '';
}

describe('while the build is under way', () => {
  test('parts go up, and the steps are told as they overlap', async () => {
    const own = await makePort(kernel);
    const events: string[] = [];
    const isSent = gate();
    const emit = ({ name, state }: StepEvent): void => {
      if (state !== 'progress') events.push(`${name} ${state}`);
    };
    holdBack(own, () => isSent.promise);
    const ship = watch(
      own,
      async passing => {
        const answer = await passing.forward();
        if (passing.path.includes('partNumber=1')) isSent.open();
        return answer;
      },
      { emit }
    );
    const result = await ship.result;
    expect(events.indexOf('upload started')).toBeLessThan(events.indexOf('build done'));
    expect(events.indexOf('build done')).toBeLessThan(events.indexOf('upload done'));
    expect(result.steps.map(({ name }) => name)).toEqual(STEP_NAMES);
    await expectWhole(result);
  });

  test('a file that changes each time it was read stops both, and nothing stays', async () => {
    const own = await makePort(kernel);
    const isSent = gate();
    const six = join(kernel.folder, 'venv', 'lib', await pythonFolder(), 'site-packages', 'six.py');
    const content = await readFile(six, 'utf8');
    onTestFinished(() => replaceFile(six, content));
    let changes = 0;
    holdBack(own, async () => {
      await isSent.promise;
      await replaceFile(six, `changed = ${(changes += 1)}\n`);
    });
    const ship = watch(own, async passing => {
      const answer = await passing.forward();
      if (passing.path.includes('partNumber=1')) isSent.open();
      return answer;
    });
    await expect(ship.result).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
    expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });
});

test('cancelled in the middle of a copy, a ship leaves nothing of it', async () => {
  await shipAndInstall();
  const before = await bucket.leftBelow(url);
  const controller = new AbortController();
  const ship = watch(
    port,
    async passing => {
      if (!isCopy(passing)) return passing.forward();
      controller.abort();
      // The store continues with earlier requests.
      await sleep(300);
      return passing.forward();
    },
    { signal: controller.signal }
  );
  await expect(ship.result).rejects.toMatchObject({ name: 'AbortError' });
  expect(ship.copies).toBeGreaterThan(0);
  expect(await bucket.leftBelow(url)).toEqual(before);
});

test('an edited line sends its code archive and pointer only, and builds nothing', async () => {
  await watch(port).result;
  await kernel.edit('v2');
  onTestFinished(() => kernel.edit('v1'));
  const ship = watch(port);
  const { uploadedBytes, code, reused } = await ship.result;
  expect(reused).toBe(true);
  expect(uploadedBytes).toBeLessThan((code[0]?.bytes ?? 0) + 500);
  expect(ship.bytes).toBe(uploadedBytes);
});
