/** Target 8: how fast a cold artifact goes up, by parts in flight and latency, beside the AWS SDK's own upload. */
import { randomBytes } from 'node:crypto';
import { closeSync, createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Sidecar } from '../contenders/sidecar.mjs';
import { interleaved, median } from '../measure.mjs';
import { asRatio } from '../results.mjs';
import { BUCKET } from '../store.mjs';

const RUNS = { smoke: 1, default: 3, full: 5 };
const PARTS_IN_FLIGHT = [1, 4, 16];
const ROUND_TRIPS_MS = { smoke: [], default: [0, 50], full: [0, 50, 200] };
const BLOCK = 8 * 1024 ** 2;

/**
 * @typedef {import('../context.mjs').Bench} Bench
 * @typedef {import('../context.mjs').MeasuredEnvironment} MeasuredEnvironment
 */

/** @type {import('./index.mjs').Part} */
export const upload = {
  name: 'upload',
  title: 'Upload',
  async run(bench) {
    const environment = bench.environments.at(-1);
    if (environment === undefined) {
      throw new Error('There is no environment to upload.');
    }
    const { bytes } = await bench.shipped(environment);
    const file = join(bench.work, 'upload');
    writeRandom(file, bytes);
    await measureThroughput(bench, environment, { file, bytes });
    await measureLatency(bench, environment, { file, bytes });
    rmSync(file);
  }
};

/**
 * With the SDK's defaults against ours, straight to the server.
 *
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {{file: string, bytes: number}} artifact
 */
async function measureThroughput(bench, environment, { file, bytes }) {
  const { cache } = await bench.shipped(environment);
  const sidecar = await Sidecar.start(bench, cache, { endpoint: bench.store.direct });
  const samples = await interleaved(RUNS[bench.scale], {
    'ship-env': async () => bytes / (await shipTo(bench, sidecar, environment)),
    'lib-storage': async () => bytes / (await libStorage(bench, { file, endpoint: bench.store.direct }))
  });
  await sidecar.stop();
  const part = `upload of the artifact, ${environment.name}, segments in the cache`;
  Object.entries(samples).forEach(([what, rates]) => bench.results.row(part, what, 'bytes/s', rates.map(perSecond)));
  const ratio = median(samples['ship-env']) / median(samples['lib-storage']);
  bench.results.judge(8, 'throughput of a cold upload to lib-storage', ratio, 0.8, asRatio, 'at least');
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {{file: string, bytes: number}} artifact
 */
async function measureLatency(bench, environment, { file, bytes }) {
  const { cache } = await bench.shipped(environment);
  const { proxy, counted } = bench.store;
  for (const roundTripMs of ROUND_TRIPS_MS[bench.scale]) {
    for (const partsInFlight of PARTS_IN_FLIGHT) {
      const sidecar = await Sidecar.start(bench, cache, { env: { SHIP_ENV_PARTS_IN_FLIGHT: String(partsInFlight) } });
      proxy.delayMs = roundTripMs / 2;
      const ours = await shipTo(bench, sidecar, environment);
      const theirs = await libStorage(bench, { file, endpoint: counted, partsInFlight });
      proxy.delayMs = 0;
      await sidecar.stop();
      for (const [who, ms] of /** @type {const} */ ([
        ['ship-env', ours],
        ['lib-storage', theirs]
      ])) {
        bench.results.found.upload.push({ who, partsInFlight, roundTripMs, bytesPerSecond: perSecond(bytes / ms) });
      }
    }
  }
}

/** @param {number} perMs */
function perSecond(perMs) {
  return perMs * 1000;
}

/**
 * The whole ship to a prefix where nothing is, in ms.
 *
 * @param {Bench} bench
 * @param {Sidecar} sidecar
 * @param {MeasuredEnvironment} environment
 */
async function shipTo(bench, sidecar, { python, name }) {
  const prefix = `${name}-upload`;
  const { ms } = await sidecar.ship({ python, prefix });
  await bench.store.remove(prefix);
  return ms;
}

/**
 * The SDK's upload of one file, in ms.
 *
 * @param {Bench} bench
 * @param {{file: string, endpoint: string, partsInFlight?: number}} upload
 */
async function libStorage(bench, { file, endpoint, partsInFlight }) {
  const env = bench.store.env(endpoint);
  const credentials = {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? ''
  };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  const started = performance.now();
  await new Upload({
    client,
    params: { Bucket: BUCKET, Key: 'lib-storage/file', Body: createReadStream(file, { highWaterMark: 1024 ** 2 }) },
    ...(partsInFlight !== undefined && { queueSize: partsInFlight, partSize: BLOCK })
  }).done();
  const ms = performance.now() - started;
  client.destroy();
  await bench.store.remove('lib-storage');
  return ms;
}

/**
 * @param {string} path
 * @param {number} bytes
 */
function writeRandom(path, bytes) {
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += BLOCK) {
    writeSync(file, randomBytes(Math.min(BLOCK, bytes - written)));
  }
  closeSync(file);
}
