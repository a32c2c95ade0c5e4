import { expect, test } from 'vitest';
import type { StepEvent } from '../../src/contract/ship.js';
import { StepRunner, type Report } from '../../src/ship/steps.js';

test('a step that has ended stays so, whatever is reported to it later', async () => {
  const events: StepEvent[] = [];
  const runner = new StepRunner(event => void events.push(event), new AbortController().signal);
  let later: Report | undefined;
  await runner.run('snapshot', report => {
    later = report;
    report({ done: 1, total: 2 });
    return Promise.resolve({ value: undefined, detail: 'looked' });
  });
  later?.({ done: 2, total: 2 });
  expect(events.map(({ state }) => state)).toEqual(['started', 'progress', 'done']);
});
