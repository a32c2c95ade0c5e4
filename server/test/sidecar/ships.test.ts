import { expect, test } from 'vitest';
import { ROUTES, shipEventsPath, shipPath } from '../../src/contract/routes.js';
import { shipRequest, type JobEvent, type StepEvent } from '../../src/contract/ship.js';
import type { Job } from '../../src/sidecar/jobs.js';
import { gate } from '../support/gate.js';
import { REQUEST, RESULT, doNothing, events, start } from './socket.js';

test('a ship is followed event by event; who joins late hears the last progress only, under the same numbers', async () => {
  const [followed, halfway, reached] = [gate(), gate(), gate()];
  const { call, jobs } = await start(async (_request, { emit }) => {
    emit({ type: 'step', name: 'snapshot', state: 'started' });
    await followed.promise;
    for (let done = 1; done <= 50; done += 1) {
      emit({ type: 'step', name: 'snapshot', state: 'progress', done, total: 60 });
    }
    reached.open();
    await halfway.promise;
    emit({ type: 'step', name: 'snapshot', state: 'progress', done: 60, total: 60 });
    emit({ type: 'step', name: 'snapshot', state: 'done', ms: 1 });
    return RESULT;
  });
  const { id } = JSON.parse((await call('POST', ROUTES.ships, REQUEST)).body) as { id: string };
  const follow = (heard: JobEvent[]): Promise<void> =>
    jobs.get(id).follow(event => heard.push(event), new AbortController().signal);
  const [early, late]: [JobEvent[], JobEvent[]] = [[], []];
  const followings = [follow(early)];
  followed.open();
  await reached.promise;
  followings.push(follow(late));
  expect(late).toMatchObject([{ state: 'started' }, { state: 'progress', done: 50 }]);
  halfway.open();
  await Promise.all(followings);
  const replay = events(await call('GET', shipEventsPath(id)));
  expect(replay.map(event => (event.type === 'step' ? event.state : event.type))).toEqual([
    'started',
    'progress',
    'done',
    'result'
  ]);
  const numbers = (heard: JobEvent[]): (number | undefined)[] => heard.map(({ sequence }) => sequence);
  expect(numbers(early)).toEqual(Array.from({ length: 54 }, (_, index) => index + 1));
  expect(numbers(late)).toEqual([1, 51, 52, 53, 54]);
  expect(numbers(replay)).toEqual([1, 52, 53, 54]);
  expect(early).toEqual(expect.arrayContaining([...late, ...replay]));
});

test('of steps that overlap, who joins at any moment hears the last progress of each, in order', async () => {
  const step = (name: 'build' | 'upload', state: StepEvent['state'], done?: number): StepEvent => ({
    type: 'step',
    name,
    state,
    ...(done === undefined ? {} : { done, total: 9 })
  });
  const told = [
    step('build', 'started'),
    ...[step('build', 'progress', 1), step('upload', 'started'), step('build', 'progress', 2)],
    ...[step('upload', 'progress', 1), step('build', 'progress', 3), step('upload', 'progress', 2)],
    ...[step('build', 'done'), step('upload', 'progress', 3), step('upload', 'done')]
  ];
  const isStarted = gate<Job>();
  const heard: JobEvent[][] = [];
  const followings: Promise<void>[] = [];
  const { jobs } = await start(async (_request, { emit }) => {
    const job = await isStarted.promise;
    for (const event of told) {
      emit(event);
      const mine: JobEvent[] = [];
      heard.push(mine);
      followings.push(job.follow(later => mine.push(later), new AbortController().signal));
    }
    return RESULT;
  });
  const job = jobs.start(shipRequest.parse(REQUEST));
  isStarted.open(job);
  await job.ended;
  await Promise.all(followings);
  const all = [...told, RESULT].map((event, index) => ({ ...event, sequence: index + 1 }));
  const progressOf = (event: JobEvent): string | undefined =>
    event.type === 'step' && event.state === 'progress' ? event.name : undefined;
  const replayed = (before: JobEvent[]): JobEvent[] =>
    before.filter(event => {
      const step = progressOf(event);
      return step === undefined || before.findLast(other => progressOf(other) === step) === event;
    });
  expect(heard).toEqual(told.map((_, index) => [...replayed(all.slice(0, index + 1)), ...all.slice(index + 1)]));
});

test('cancel reaches the ship, and its followers hear SHIP_CANCELLED', async () => {
  const { call } = await start(async (_request, { signal }) => {
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    return RESULT;
  });
  const { id } = JSON.parse((await call('POST', ROUTES.ships, REQUEST)).body) as { id: string };
  const following = call('GET', shipEventsPath(id));
  expect((await call('DELETE', shipPath(id))).status).toBe(202);
  expect(events(await following)).toEqual([
    { type: 'error', code: 'SHIP_CANCELLED', message: 'The ship was cancelled.', hint: '', cause: [], sequence: 1 }
  ]);
});

test('a second request with the key of a ship that runs joins it, and is given its note', async () => {
  const isOver = gate();
  let runs = 0;
  const { call } = await start(async () => {
    runs += 1;
    await isOver.promise;
    return RESULT;
  });
  const note = { key: 'notebook:a.ipynb', data: 'first' };
  const post = async (data: string): Promise<unknown> =>
    JSON.parse((await call('POST', ROUTES.ships, { ...REQUEST, note: { ...note, data } })).body);
  const first = (await post('first')) as { id: string };
  expect(first).toEqual({ id: first.id, joined: false, note });
  expect(await post('second')).toEqual({ id: first.id, joined: true, note });
  expect(JSON.parse((await call('GET', ROUTES.ships)).body)).toEqual({
    ships: [{ id: first.id, note, isRunning: true, followers: 0 }]
  });
  isOver.open();
  expect(events(await call('GET', shipEventsPath(first.id)))).toHaveLength(1);
  expect(JSON.parse((await call('GET', ROUTES.ships)).body)).toEqual({ ships: [] });
  expect(await post('third')).toMatchObject({ joined: false });
  expect(runs).toBe(2);
});

test('a bug in a ship is reported as one, with its message', async () => {
  const { call } = await start(() => Promise.reject(new TypeError('undefined is not a function')));
  const { id } = JSON.parse((await call('POST', ROUTES.ships, REQUEST)).body) as { id: string };
  expect(events(await call('GET', shipEventsPath(id)))).toMatchObject([
    {
      code: 'INTERNAL',
      message: expect.stringContaining('undefined is not a function'),
      hint: expect.stringContaining('report')
    }
  ]);
});

test('only the last ended ships are remembered', async () => {
  const { call, jobs } = await start(doNothing);
  const ids: string[] = [];
  for (let i = 0; i < 25; i += 1) {
    const { id } = JSON.parse((await call('POST', ROUTES.ships, REQUEST)).body) as { id: string };
    await jobs.get(id).ended;
    ids.push(id);
  }
  await expect(call('GET', shipEventsPath(ids[0] ?? ''))).resolves.toMatchObject({ status: 404 });
  await expect(call('GET', shipEventsPath(ids[24] ?? ''))).resolves.toMatchObject({ status: 200 });
});
