import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { exitOf, startShipEnv } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { Sidecar } from '../support/sidecar.js';
import { temporaryFolder } from '../support/temporary.js';

const MB = 1_000_000;
/** Memory of the process for any environment. */
const BOUND = 250 * MB;
const LIBRARY_BYTES = 160 * MB;
const MODULES = 2000;
/** More files than most environments have, with few bytes. */
const DISTRIBUTIONS = 80;
const FILES_EACH = 1000;

/** Environment variables that the launcher adds (`bundle_environment` in node.py). */
const LAUNCHED = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '262144',
  NODE_OPTIONS: '--max-semi-space-size=4'
};

let kernel: KernelVenv;
let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
  await server.createBucket('bucket');
});
beforeEach(async () => {
  kernel = await makeKernelVenv();
});
afterEach(() => kernel.remove());
afterAll(() => server.stop());

/** Puts a distribution `heavy` into the environment: RECORD without hashes, so that everything is read. */
async function installHeavy(): Promise<void> {
  const { stdout } = await execa(kernel.python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  const [info, folder] = [join(stdout, 'heavy-1.0.dist-info'), join(stdout, 'heavy')];
  await mkdir(info);
  await mkdir(folder);
  const chunk = Buffer.alloc(8 * MB);
  for (let written = 0; written < LIBRARY_BYTES; written += chunk.length) {
    await appendFile(join(folder, 'library.bin'), randomFillSync(chunk));
  }
  const modules = Array.from({ length: MODULES }, (_, index) => `module_${index}.py`);
  for (const name of modules) {
    await writeFile(join(folder, name), `DATA = "${randomBytes(3000).toString('base64')}"\n`);
  }
  await writeFile(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: heavy\nVersion: 1.0\n');
  await writeFile(join(info, 'RECORD'), ['library.bin', ...modules].map(name => `heavy/${name},,\n`).join(''));
}

/** Puts distributions of many small files into the environment, with RECORDs as installers write them. */
async function installMany(): Promise<void> {
  const { stdout: site } = await execa(kernel.python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  for (let index = 0; index < DISTRIBUTIONS; index += 1) {
    const name = `many_${String(index).padStart(3, '0')}`;
    const info = `${name}-1.0.dist-info`;
    mkdirSync(join(site, name));
    mkdirSync(join(site, info));
    const rows = Array.from({ length: FILES_EACH }, (_, file) => {
      const path = `${name}/with_a_name_as_long_as_others_have_${file}.txt`;
      const content = `${path}\n`;
      writeFileSync(join(site, path), content);
      return `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${content.length}\n`;
    });
    writeFileSync(join(site, info, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`);
    writeFileSync(join(site, info, 'RECORD'), rows.join(''));
  }
}

/** The peak of a process's memory, in bytes: VmHWM of proc(5). */
async function peakSoFar(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) * 1024;
}

/** The last known peak of a process's memory, in bytes. */
async function peakOf(pid: number, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    peak = Math.max(peak, await peakSoFar(pid));
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return peak;
}

/** The peak memory of a ship with an empty cache, in bytes. */
async function peakOfShip(prefix: string): Promise<number> {
  const child = startShipEnv(
    await temporaryFolder(),
    ['ship', '--json', '--python', kernel.python, '--target', `s3://bucket/${prefix}`],
    { ...server.environment, ...LAUNCHED, AWS_PROFILE: 'root', AWS_ENDPOINT_URL_S3: server.endpoint }
  );
  child.stdout.resume();
  const gone = new AbortController();
  const ended = exitOf(child).finally(() => gone.abort());
  const peak = await peakOf(child.pid ?? 0, gone.signal);
  expect(await ended).toBe(0);
  expect(peak).toBeGreaterThan(50 * MB);
  return peak;
}

test('a large library and many small files ship in bounded memory', async () => {
  await installHeavy();
  expect(await peakOfShip('heavy')).toBeLessThan(BOUND);
});

test('what is known of each file does not lie in memory for all files at a time, nor from ship to ship', async () => {
  await installMany();
  const sidecar = await Sidecar.start({ ...server.environment, ...LAUNCHED });
  const request = { python: kernel.python, target: server.settings('s3://bucket/many') };
  expect((await sidecar.ship(request)).reused).toBe(false);
  for (let again = 0; again < 4; again += 1) expect((await sidecar.ship(request)).reused).toBe(true);
  const peak = await peakSoFar(sidecar.pid);
  expect(await sidecar.end()).toBe(0);
  expect(peak).toBeGreaterThan(50 * MB);
  expect(peak).toBeLessThan(BOUND);
});
