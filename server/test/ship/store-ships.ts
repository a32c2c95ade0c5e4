/** Ships to a store whose requests a test holds back or refuses. */
import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished } from 'vitest';
import type { ShipResult, StepEvent } from '../../src/contract/ship.js';
import { gate } from '../support/gate.js';
import { startFaultyProxy, type Fault, type Passing } from '../support/faulty-proxy.js';
import { useBucket } from '../targets/s3/bucket.js';
import type { Port } from './port.js';

export const bucket = useBucket();

interface Shipping {
  signal?: AbortSignal;
  emit?: (event: StepEvent) => void;
  /** The fault for this ship's requests. */
  fault?: Fault;
  /** Distributions and editables that do not ship. */
  excludes?: string[];
}

/** Ships to a prefix of the bucket. */
export async function shipTo(
  url: string,
  port: Port,
  { fault, excludes, ...options }: Shipping = {}
): Promise<ShipResult> {
  const proxy = await startFaultyProxy(bucket.server.endpoint, fault ?? (passing => passing.forward()));
  onTestFinished(() => proxy.stop());
  const target = bucket.server.settings(url, { endpoint: proxy.endpoint });
  return port.ship({ more: { target, ...(excludes && { excludes }) }, ...options });
}

export const isWriteOf = ({ method, path }: Passing, name: RegExp): boolean =>
  method === 'PUT' && name.test(path.split('?')[0] ?? '');
export const MANIFEST = /env-[0-9a-f]+\.json$/u;
export const ARTIFACT = /\.pex$/u;
export const REFUSED = { status: 403, body: '<Error><Code>AccessDenied</Code><Message>No.</Message></Error>' };

const RECORD = /ship-env-ship-/u;

/** The names below a prefix, without the records of ships, and the bytes of all of them. */
export async function held(url: string): Promise<{ names: string[]; bytes: number }> {
  const keys = (await bucket.leftBelow(url)).keys.filter(key => !RECORD.test(key));
  const heads = await Promise.all(keys.map(Key => bucket.client.send(new HeadObjectCommand({ Bucket: 'ship', Key }))));
  return {
    names: keys.map(key => key.split('/').at(-1) ?? ''),
    bytes: heads.reduce((sum, { ContentLength = 0 }) => sum + ContentLength, 0)
  };
}

export async function removeArtifact(url: string): Promise<void> {
  const Key = (await bucket.leftBelow(url)).keys.find(key => ARTIFACT.test(key));
  await bucket.client.send(new DeleteObjectCommand({ Bucket: 'ship', Key }));
}

/** Two ships: one that is cancelled when it has written such a name, and a second one that waits for it. */
export async function cancelFirst(
  url: string,
  port: Port,
  written: RegExp
): Promise<PromiseSettledResult<ShipResult>[]> {
  const controller = new AbortController();
  const [sent, hold, built] = [gate(), gate(), gate()];
  const first = shipTo(url, port, {
    signal: controller.signal,
    fault: async passing => {
      const answer = await passing.forward();
      if (isWriteOf(passing, written)) {
        sent.open();
        await hold.promise;
      }
      return answer;
    }
  });
  await sent.promise;
  const { ship: second, asked } = watched(url, port, () => built.open());
  await built.promise;
  const askedToPlan = asked.length;
  // A later ship to another place, whose lock is free, runs to its end, so the second one had time to begin.
  await shipTo(bucket.freshUrl(), port);
  expect(asked).toHaveLength(askedToPlan);
  controller.abort();
  hold.open();
  return Promise.allSettled([first, second]);
}

/** A ship and its requests, without those about its record; tells when the ship has built everything and begins the upload. */
export function watched(
  url: string,
  port: Parameters<typeof shipTo>[1],
  onBuilt: () => void
): { ship: ReturnType<typeof shipTo>; asked: string[] } {
  const asked: string[] = [];
  const ship = shipTo(url, port, {
    emit: ({ name, state }) => {
      if (name === 'build' && state === 'done') onBuilt();
    },
    fault: passing => {
      if (!RECORD.test(passing.path)) asked.push(`${passing.method} ${passing.path}`);
      return passing.forward();
    }
  });
  return { ship, asked };
}
