import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { shipRequest, type JobEvent, type ShipResult } from '../../src/contract/ship.js';
import { Jobs, type Job, type RunShip } from '../../src/sidecar/jobs.js';
import { gate } from '../support/gate.js';

const RESULT: ShipResult = {
  type: 'result',
  artifact: { id: 'env-1', name: 'env-1.pex', uri: 'file:///env-1.pex', bytes: 1, sha256: '', format: 'pex' },
  ...{ code: [], uploadedBytes: 1, copiedBytes: 0, reusedSegments: 0, reused: false, findings: [], steps: [] },
  ...{ ms: 1, conf: {}, cell: '', dryRun: false }
};
const REQUEST = shipRequest.parse({ python: '/venv/bin/python', target: { name: '', url: 'file:///target' } });
const NOTE = { key: 'notebook:a.ipynb', data: '{"any":"thing"}' };

/** Ships that end when the test ends them or when they are cancelled. */
function held(): { run: RunShip; end: (index: number) => void; begun: () => number } {
  const gates: ReturnType<typeof gate<void>>[] = [];
  const run: RunShip = async (_request, { signal }) => {
    const ended = gate();
    gates.push(ended);
    const cancelled = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    );
    await Promise.race([ended.promise, cancelled]);
    return RESULT;
  };
  return { run, end: index => gates[index]?.open(), begun: () => gates.length };
}

/** Follows a ship to its end, from now on. */
function follow(job: Job): { heard: JobEvent[]; ended: Promise<void> } {
  const heard: JobEvent[] = [];
  return { heard, ended: job.follow(event => heard.push(event), new AbortController().signal) };
}

test('no more than so many ships run at once; the next one says what it waits for, and begins when one ends', async () => {
  const { run, end, begun } = held();
  const jobs = new Jobs(run, 2);
  const [first, second, third, fourth] = [1, 2, 3, 4].map(() => jobs.start(REQUEST)) as [Job, Job, Job, Job];
  const [ofFirst, ofThird, ofFourth] = [follow(first), follow(third), follow(fourth)];
  await expect.poll(begun).toBe(2);
  expect(ofFirst.heard).toEqual([]);
  expect(ofThird.heard).toEqual([
    { type: 'step', name: 'snapshot', state: 'waiting', detail: '2 ships before this one', sequence: 1 }
  ]);
  expect(ofFourth.heard).toMatchObject([{ state: 'waiting', detail: '3 ships before this one' }]);
  end(0);
  await first.ended;
  await expect.poll(begun).toBe(3);
  end(1);
  end(2);
  await Promise.all([second.ended, third.ended]);
  await expect.poll(begun).toBe(4);
  end(3);
  await ofFourth.ended;
  expect(ofFourth.heard.at(-1)).toMatchObject({ type: 'result' });
});

test('a ship that waits is cancelled at once, and holds nobody up', async () => {
  const { run, end, begun } = held();
  const jobs = new Jobs(run, 1);
  const [first, second, third] = [1, 2, 3].map(() => jobs.start(REQUEST)) as [Job, Job, Job];
  const ofSecond = follow(second);
  await expect.poll(begun).toBe(1);
  second.cancel();
  await ofSecond.ended;
  expect(ofSecond.heard.at(-1)).toMatchObject({ type: 'error', code: 'SHIP_CANCELLED' });
  expect(begun()).toBe(1);
  end(0);
  await first.ended;
  await expect.poll(begun).toBe(2);
  end(1);
  await third.ended;
});

test('ships that are cancelled all at once end, those that wait too', async () => {
  const { run, begun } = held();
  const jobs = new Jobs(run, 1);
  const started = [1, 2, 3].map(() => jobs.start(REQUEST));
  await expect.poll(begun).toBe(1);
  await jobs.cancelAll();
  expect(started.map(job => job.hasEnded)).toEqual([true, true, true]);
});

test('a ship is found by its key while it runs, and no more when it was cancelled', async () => {
  const { run, begun } = held();
  const jobs = new Jobs(run);
  const job = jobs.start(REQUEST, NOTE);
  await expect.poll(begun).toBe(1);
  expect(jobs.running(NOTE.key)).toBe(job);
  expect(jobs.running('notebook:b.ipynb')).toBeUndefined();
  job.cancel();
  expect(jobs.running(NOTE.key)).toBeUndefined();
  await job.ended;
});

test('ships without a key are never the same', async () => {
  const { run, begun } = held();
  const jobs = new Jobs(run);
  jobs.start(REQUEST);
  await expect.poll(begun).toBe(1);
  expect(jobs.running('')).toBeUndefined();
  await jobs.cancelAll();
});

test('a ship is listed with its note until somebody has heard its end', async () => {
  const { run, end, begun } = held();
  const jobs = new Jobs(run);
  const job = jobs.start(REQUEST, NOTE);
  await expect.poll(begun).toBe(1);
  // A page that is closed before the end.
  const page = new AbortController();
  const following = job.follow(() => undefined, page.signal);
  expect(jobs.unheard()).toEqual([{ id: job.id, note: NOTE, isRunning: true, followers: 1 }]);
  page.abort();
  await following;
  expect(jobs.unheard()).toEqual([{ id: job.id, note: NOTE, isRunning: true, followers: 0 }]);
  end(0);
  await job.ended;
  expect(jobs.unheard()).toEqual([{ id: job.id, note: NOTE, isRunning: false, followers: 0 }]);
  await follow(job).ended;
  expect(jobs.unheard()).toEqual([]);
});

test('an older ship of the same notebook is not listed: its cell would take the place of a newer one', async () => {
  const jobs = new Jobs(() => Promise.resolve(RESULT));
  const older = jobs.start(REQUEST, NOTE);
  await older.ended;
  const newer = jobs.start(REQUEST, NOTE);
  await newer.ended;
  expect(jobs.unheard()).toMatchObject([{ id: newer.id }]);
  await follow(newer).ended;
  expect(jobs.unheard()).toEqual([]);
});

test('who stops to follow hears nothing more, and nothing of it is kept', async () => {
  const told = gate();
  const jobs = new Jobs(async (_request, { emit }) => {
    emit({ type: 'step', name: 'snapshot', state: 'started' });
    await told.promise;
    return RESULT;
  });
  const job = jobs.start(REQUEST);
  const page = new AbortController();
  const heard: JobEvent[] = [];
  const listener = (event: JobEvent): void => void heard.push(event);
  const [first, second] = [job.follow(listener, page.signal), job.follow(listener, new AbortController().signal)];
  await expect.poll(() => heard.length).toBe(2);
  expect(job.followers).toBe(2);
  page.abort();
  expect(job.followers).toBe(1);
  expect(getEventListeners(page.signal, 'abort')).toEqual([]);
  await first;
  expect(job.isHeard).toBe(false);
  told.open();
  await second;
  expect(heard.map(({ type }) => type)).toEqual(['step', 'step', 'result']);
  expect(job.followers).toBe(0);
});

test('who has gone before it begins to follow, or goes at the first event, hears no more than that', async () => {
  const jobs = new Jobs((_request, { emit }) => {
    emit({ type: 'step', name: 'snapshot', state: 'started' });
    return Promise.resolve(RESULT);
  });
  const job = jobs.start(REQUEST);
  await job.ended;
  const gone = new AbortController();
  gone.abort();
  const heard: JobEvent[] = [];
  await job.follow(event => heard.push(event), gone.signal);
  expect(heard).toEqual([]);
  const page = new AbortController();
  await job.follow(event => {
    heard.push(event);
    page.abort();
  }, page.signal);
  expect(heard).toHaveLength(1);
  expect(job.isHeard).toBe(false);
});

test('who followed to the end leaves no listener on its signal', async () => {
  const { run, end, begun } = held();
  const job = new Jobs(run).start(REQUEST);
  const page = new AbortController();
  const following = job.follow(() => undefined, page.signal);
  await expect.poll(begun).toBe(1);
  end(0);
  await following;
  expect(job.isHeard).toBe(true);
  expect(getEventListeners(page.signal, 'abort')).toEqual([]);
  expect(job.followers).toBe(0);
});
