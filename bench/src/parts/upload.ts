/**
 * Target 8: the upload rate of a cold artifact, by parts in flight and latency, compared with the AWS SDK's own upload.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Bench } from '../bench.js';
import { Sidecar } from '../contenders/sidecar.js';
import type { MeasuredEnvironment } from '../environments/measured.js';
import { interleaved, median } from '../measuring/figures.js';
import { asRatio } from '../report/units.js';
import { BUCKET } from '../store/store.js';
import type { Part } from './part.js';

const RUNS = { smoke: 1, default: 3, full: 5 };
const PARTS_IN_FLIGHT = [1, 4, 16];
const ROUND_TRIPS_MS = { smoke: [], default: [0, 50], full: [0, 50, 200] };
const BLOCK = 8 * 1024 ** 2;

/** A file of the artifact's size, for the SDK's upload. */
interface SameSize {
  readonly file: string;
  readonly bytes: number;
}

export const upload: Part = {
  name: 'upload',
  title: 'Upload',
  async run(bench) {
    const environment = bench.environments.at(-1);
    if (environment === undefined) {
      throw new Error('There is no environment to upload.');
    }
    const { bytes } = await bench.firstShip(environment);
    const file = join(bench.work, 'upload');
    writeRandom(file, bytes);
    await measureThroughput(bench, environment, { file, bytes });
    await measureLatency(bench, environment, { file, bytes });
    rmSync(file);
  }
};

/** Compares the SDK's defaults with ours, without the proxy. */
async function measureThroughput(
  bench: Bench,
  environment: MeasuredEnvironment,
  { file, bytes }: SameSize
): Promise<void> {
  const { cache } = await bench.firstShip(environment);
  const endpoint = bench.store.direct;
  const sidecar = await Sidecar.start(bench, cache, { endpoint });
  const rates = await interleaved(RUNS[bench.scale], {
    'ship-env': async () => perSecond(bytes, await shipTo(bench, sidecar, environment)),
    'lib-storage': async () => perSecond(bytes, await libStorage(bench, { file, endpoint }))
  });
  await sidecar.stop();
  const { results } = bench;
  const part = `upload of the artifact, ${environment.name}, segments in the cache`;
  Object.entries(rates).forEach(([who, values]) => results.row(part, who, 'bytes/s', values));
  const found = median(rates['ship-env']) / median(rates['lib-storage']);
  const what = 'throughput of a cold upload to lib-storage';
  results.judge({ target: 8, what, found, bound: 0.8, sense: 'at least', show: asRatio });
}

/** Measures both through the proxy, which adds latency. */
async function measureLatency(
  bench: Bench,
  environment: MeasuredEnvironment,
  { file, bytes }: SameSize
): Promise<void> {
  const { cache } = await bench.firstShip(environment);
  const { proxy, counted } = bench.store;
  for (const roundTripMs of ROUND_TRIPS_MS[bench.scale]) {
    for (const partsInFlight of PARTS_IN_FLIGHT) {
      const sidecar = await Sidecar.start(bench, cache, { env: { SHIP_ENV_PARTS_IN_FLIGHT: String(partsInFlight) } });
      proxy.delayMs = roundTripMs / 2;
      const ours = await shipTo(bench, sidecar, environment);
      const theirs = await libStorage(bench, { file, endpoint: counted, partsInFlight });
      proxy.delayMs = 0;
      await sidecar.stop();
      const point = { partsInFlight, roundTripMs };
      bench.results.found.upload.push(
        { who: 'ship-env', ...point, bytesPerSecond: perSecond(bytes, ours) },
        { who: 'lib-storage', ...point, bytesPerSecond: perSecond(bytes, theirs) }
      );
    }
  }
}

function perSecond(bytes: number, ms: number): number {
  return (bytes / ms) * 1000;
}

/** @returns duration of a whole ship to an empty prefix, in ms */
async function shipTo(bench: Bench, sidecar: Sidecar, { python, name }: MeasuredEnvironment): Promise<number> {
  const prefix = `${name}-upload`;
  const { ms } = await sidecar.ship({ python, prefix });
  await bench.store.remove(prefix);
  return ms;
}

/** @returns duration of the SDK's upload of one file, in ms */
async function libStorage(
  { store }: Bench,
  { file, endpoint, partsInFlight }: { file: string; endpoint: string; partsInFlight?: number }
): Promise<number> {
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: store.credentials });
  const started = performance.now();
  await new Upload({
    client,
    params: { Bucket: BUCKET, Key: 'lib-storage/file', Body: createReadStream(file, { highWaterMark: 1024 ** 2 }) },
    ...(partsInFlight !== undefined && { queueSize: partsInFlight, partSize: BLOCK })
  }).done();
  const ms = performance.now() - started;
  client.destroy();
  await store.remove('lib-storage');
  return ms;
}

function writeRandom(path: string, bytes: number): void {
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += BLOCK) {
    writeSync(file, randomBytes(Math.min(BLOCK, bytes - written)));
  }
  closeSync(file);
}
