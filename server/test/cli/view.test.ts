import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { withoutShortSteps, personView } from '../../src/cli/view.js';

afterEach(() => vi.useRealTimers());

test('off a terminal a step that takes long says from time to time how far it is, and one that waits says so', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()] as unknown as [
    NodeJS.WriteStream,
    NodeJS.WriteStream
  ];
  const view = await personView(stdout, stderr);
  view.step({ type: 'step', name: 'upload', state: 'waiting', detail: 'another ship writes to this target' });
  view.step({ type: 'step', name: 'upload', state: 'started' });
  for (let second = 0; second < 61; second += 1) {
    vi.advanceTimersByTime(1000);
    view.step({ type: 'step', name: 'upload', state: 'progress', done: second * 1e6, total: 70e6, detail: 'env.pex' });
  }
  view.step({ type: 'step', name: 'upload', state: 'done', detail: '70 MB sent', ms: 61_000 });
  expect(String(stderr.read()).split('\n')).toEqual([
    '… upload     another ship writes to this target',
    '… upload     29 MB of 70 MB  env.pex',
    '… upload     59 MB of 70 MB  env.pex',
    '✓ upload     70 MB sent, 61 s',
    ''
  ]);
});

test('a patient view tells of the steps that take longer than a second only', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const told: unknown[] = [];
  const view = withoutShortSteps({ step: event => told.push(event), result: () => undefined, error: () => undefined });
  const [quick, slow] = [{ type: 'step', name: 'plan' } as const, { type: 'step', name: 'fetch' } as const];
  view.step({ ...quick, state: 'started' });
  vi.advanceTimersByTime(900);
  view.step({ ...quick, state: 'done', ms: 900 });
  view.step({ ...slow, state: 'started' });
  vi.advanceTimersByTime(900);
  view.step({ ...slow, state: 'progress', done: 1, total: 2 });
  vi.advanceTimersByTime(200);
  view.step({ ...slow, state: 'done', ms: 1100 });
  expect(told).toEqual([{ ...slow, state: 'done', ms: 1100 }]);
});
