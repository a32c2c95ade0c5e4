import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NOT_IMPLEMENTED, startFaultyProxy, type Answer } from '../../support/faulty-proxy.js';
import { makePort, ofAnotherPython } from '../port.js';
import { bucket, download, expectWhole, isCopy, kernel, keyOf, port, shipAndInstall, url, watch } from './ships.js';

const MIB = 1024 * 1024;

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
