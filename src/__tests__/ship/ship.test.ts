import { describe, expect, it } from 'vitest';
import type { StepEvent } from '../../../server/src/contract/index.js';
import { ShipEnvError } from '../../errors.js';
import { result, steps } from '../samples.js';
import { setUp } from './stand-ins.js';

describe('a ship', () => {
  it('asks the kernel, ships, writes the cell, then updates the session', async () => {
    const { ship, calls, states } = setUp();
    await ship.run();
    expect(calls).toEqual(['start /venv/bin/python local', 'write builder = 1 before-session', 'update env-1']);
    expect(ship).toMatchObject({ state: 'done', isRunning: false, error: null });
    expect(ship.outcome).toMatchObject({ result, cell: { state: 'inserted' }, live: { state: 'updated' } });
    expect([...new Set(states)]).toEqual([
      'running kernel',
      'running ship',
      'running cell',
      'running session',
      'done session'
    ]);
  });

  it('keeps the progress of each step', async () => {
    const { ship } = setUp();
    await ship.run();
    expect(ship.steps.slice(0, 2)).toEqual([
      { name: 'snapshot', state: 'done', ms: 12, detail: '46 distributions' },
      { name: 'plan', state: 'pending' }
    ]);
    expect(ship.steps[3]).toEqual({ name: 'upload', state: 'running', done: 12_000_000, total: 148_000_000 });
  });

  it('ships nothing from a read-only notebook', async () => {
    const { ship, calls } = setUp({
      notebook: {
        assertWritable: () => {
          throw new ShipEnvError('NOTEBOOK_READ_ONLY', 'm');
        }
      }
    });
    await ship.run();
    expect(ship.error).toMatchObject({ code: 'NOTEBOOK_READ_ONLY' });
    expect(calls).toEqual([]);
  });

  it('reports an unexpected error as a bug', async () => {
    const { ship } = setUp({ kernel: { python: () => Promise.reject(new TypeError('x is not a function')) } });
    await ship.run();
    expect(ship).toMatchObject({ state: 'failed', error: { code: 'INTERNAL', causes: ['x is not a function'] } });
  });

  it('succeeds although the session cannot be updated: everything else is done', async () => {
    const { ship } = setUp({
      kernel: { update: () => Promise.reject(new ShipEnvError('KERNEL_DIED', 'gone', { hint: 'h' })) }
    });
    await ship.run();
    expect(ship.state).toBe('done');
    expect(ship.outcome?.live).toEqual({ state: 'failed', message: 'gone h' });
  });

  it('updates no session when there is nothing to update', async () => {
    const { live: _, ...withoutLive } = result;
    const { ship, calls } = setUp({ client: { followShip: () => Promise.resolve(withoutLive) } });
    await ship.run();
    expect(ship.outcome?.live.state).toBe('none');
    expect(calls).not.toContain('update env-1');
  });
});

it('logs everything that a report of an error needs', async () => {
  const onStep = (emit: (event: StepEvent) => void): void => steps.forEach(emit);
  const { ship } = setUp({
    client: {
      followShip: (_id, emit) => {
        onStep(emit);
        return Promise.reject(new ShipEnvError('TARGET_DENIED', 'wanted', { hint: 'do', cause: ['AccessDenied'] }));
      }
    }
  });
  await ship.run();
  const text = ship.log.map(line => line.text).join('\n');
  expect(text).toContain('Kernel python: /venv/bin/python');
  expect(text).toContain('Reading the environment: 46 distributions (12 ms)');
  expect(text).toMatch(/TARGET_DENIED: .+\nwanted\ndo\nCaused by: AccessDenied/);
});
