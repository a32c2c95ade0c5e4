import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRecordName } from '../../src/records/record.js';
import { shipResult, type ShipResult } from '../../src/contract/ship.js';
import { shipEnv, startShipEnv } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { removeFolder, temporaryFolder } from '../support/temporary.js';
import { useBucket } from '../targets/s3/bucket.js';
import { IS_LONG, randomNumbers, Tally } from './tally.js';
import { readSmall } from '../../src/targets/reading.js';

const KILLS = IS_LONG ? 50 : 3;
const TOGETHER = IS_LONG ? 20 : 4;
const HOURS = 4 * 60 * 60 * 1000;
/** How long processes of a killed ship may live. */
const ORPHANS_END_WITHIN_MS = 30_000;

const bucket = useBucket();
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('numpy==2.1.0', 'six==1.17.0');
});
afterAll(() => kernel.remove());

/** A target with direct access to its files. */
interface Place {
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  names(): Promise<string[]>;
  sha256(name: string): Promise<string>;
}

async function directoryPlace(): Promise<Place> {
  const folder = join(await temporaryFolder(), 'target');
  return {
    args: ['--target', `file://${folder}`],
    env: {},
    names: async () => (await readdir(folder)).sort(),
    sha256: async name => sha256Of(await readFile(join(folder, name)))
  };
}

async function bucketPlace(): Promise<Place> {
  const url = bucket.freshUrl();
  const { server } = bucket;
  const target = await bucket.open(url);
  return {
    args: ['--target', url],
    env: { ...server.environment, AWS_PROFILE: 'root', AWS_ENDPOINT_URL_S3: server.endpoint },
    names: async () => (await bucket.leftBelow(url)).keys.map(key => key.split('/').at(-1) ?? '').sort(),
    sha256: async name => sha256Of((await readSmall(target, name, new AbortController().signal)) ?? Buffer.alloc(0))
  };
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const argsOf = (place: Place): string[] => ['ship', '--python', kernel.python, '--json', ...place.args];

/** A record has the time of its ship in its name. */
function isNoRecord(name: string): boolean {
  return !isRecordName(name);
}

async function shipTo(place: Place, home: string): Promise<ShipResult> {
  const { stdout, stderr } = await shipEnv(home, argsOf(place), place.env);
  const last = stdout.split('\n').at(-1) ?? '';
  const { data, error } = shipResult.safeParse(JSON.parse(last || '{}'));
  if (data === undefined) throw new Error(`no result but ${last} ${stderr} ${error.message}`);
  return data;
}

/** Starts a ship and kills it after some time; it may have ended before. */
async function killAfter(ms: number, place: Place, home: string): Promise<void> {
  const child = startShipEnv(home, argsOf(place), place.env);
  child.stdout.resume();
  child.stderr.resume();
  const exited = once(child, 'exit');
  await Promise.race([exited, wait(ms)]);
  child.kill('SIGKILL');
  await exited;
}

/** Processes whose environment has this home directory. */
async function processesOf(home: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/u.test(name));
  const environments = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => environments[index]?.split('\0').includes(`HOME=${home}`));
}

async function untilNoneIsLeft(home: string): Promise<void> {
  const giveUp = Date.now() + ORPHANS_END_WITHIN_MS;
  for (;;) {
    const left = await processesOf(home);
    if (left.length === 0) return;
    if (Date.now() > giveUp) throw new Error(`processes ${left.join(', ')} still run`);
    await wait(50);
  }
}

describe.each([
  ['a directory', directoryPlace],
  ['S3', bucketPlace]
])('a ship to %s that is killed at any moment', (_what, makePlace) => {
  test('leaves a target that the next ship completes, byte for byte', { timeout: HOURS }, async () => {
    const [random, tally] = [randomNumbers(), new Tally('kill -9 at a random moment')];
    const whole = await makePlace();
    const started = performance.now();
    const expected = await shipTo(whole, await temporaryFolder());
    const [ms, names] = [performance.now() - started, (await whole.names()).filter(isNoRecord)];
    for (let round = 0; round < KILLS; round += 1) {
      const [place, home, after] = [await makePlace(), await temporaryFolder(), random() * ms];
      await tally.attempt(`killed after ${Math.round(after)} of ${Math.round(ms)} ms`, async () => {
        await killAfter(after, place, home);
        await untilNoneIsLeft(home);
        const { artifact } = await shipTo(place, home);
        expect(artifact).toMatchObject({ id: expected.artifact.id, sha256: expected.artifact.sha256 });
        expect(await place.sha256(artifact.name)).toBe(expected.artifact.sha256);
        const found = await place.names();
        expect(found.filter(isNoRecord)).toEqual(names);
        // A ship that was killed after its record leaves one, too.
        expect([1, 2]).toContain(found.length - names.length);
        expect(await readdir(join(home, '.cache', 'ship-env', 'tmp'))).toEqual([]);
      });
      await removeFolder(home);
    }
    expect(tally.lost).toEqual([]);
    expect(tally.survived).toBe(KILLS);
  });

  test('does not disturb others that ship the same at the same time', { timeout: HOURS }, async () => {
    const [tally, place] = [new Tally('ships at once'), await makePlace()];
    const homes = await Promise.all(Array.from({ length: TOGETHER }, () => temporaryFolder()));
    const killed = killAfter(500, place, await temporaryFolder());
    const results = await Promise.allSettled(homes.map(home => shipTo(place, home)));
    await killed;
    const sums = new Set<string>();
    for (const [index, result] of results.entries()) {
      await tally.attempt(`ship ${index + 1} of ${TOGETHER}`, async () => {
        if (result.status === 'rejected') throw result.reason;
        const { artifact } = result.value;
        sums.add(artifact.sha256);
        expect(await place.sha256(artifact.name)).toBe(artifact.sha256);
      });
    }
    expect(tally.lost).toEqual([]);
    expect(sums.size).toBe(1);
  });
});
