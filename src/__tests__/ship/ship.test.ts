import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ShipResult, StepEvent } from '../../../server/src/contract/index.js';
import { ShipEnvError } from '../../errors.js';
import { Ship, type IShipContext } from '../../ship/ship.js';
import type { CellOutcome, ILiveOutcome, IKernel, INotebook, IShipping } from '../../ship/types.js';
import { result, steps, target } from '../samples.js';
import { trans } from '../trans.js';

/** A ship among parts that do at once what the test wants, and what happened to them in order. */
function setUp(parts: { notebook?: Partial<INotebook>; kernel?: Partial<IKernel>; client?: Partial<IShipping> } = {}): {
  ship: Ship;
  calls: string[];
  states: string[];
} {
  const calls: string[] = [];
  const context: IShipContext = {
    notebook: {
      name: 'demo.ipynb',
      assertWritable: () => undefined,
      write: (source, position): CellOutcome => {
        calls.push(`write ${source} ${position}`);
        return { state: 'inserted' };
      },
      showCell: () => Promise.resolve(),
      ...parts.notebook
    },
    kernel: {
      python: () => Promise.resolve('/venv/bin/python'),
      update: (live): Promise<ILiveOutcome> => {
        calls.push(`update ${live.artifactId}`);
        return Promise.resolve({ state: 'updated', message: '' });
      },
      ...parts.kernel
    },
    client: {
      startShip: request => {
        calls.push(`start ${request.python} ${request.target.name}`);
        return Promise.resolve('s1');
      },
      followShip: (_id, onStep): Promise<ShipResult> => {
        steps.forEach(onStep);
        return Promise.resolve(result);
      },
      cancelShip: id => {
        calls.push(`cancel ${id}`);
        return Promise.resolve();
      },
      ...parts.client
    },
    options: () => Promise.resolve({ request: { target }, insertPosition: 'before-session' }),
    trans
  };
  const ship = new Ship('1', context);
  const states: string[] = [];
  ship.changed.connect(changed => states.push(`${changed.state} ${changed.phase}`));
  return { ship, calls, states };
}

/** Rejects when the signal does. */
async function aborted(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort');
  signal.throwIfAborted();
  throw new Error('not reached');
}

/** A ship that the sidecar goes on with until it is cancelled. */
function endless(onFollow: (fail: (error: unknown) => void) => void): IShipping['followShip'] {
  return () => new Promise((_, reject) => onFollow(reject));
}

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

  it('keeps how far each step came', async () => {
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

  it('tells of an unexpected error as a bug', async () => {
    const { ship } = setUp({ kernel: { python: () => Promise.reject(new TypeError('x is not a function')) } });
    await ship.run();
    expect(ship).toMatchObject({ state: 'failed', error: { code: 'INTERNAL', causes: ['x is not a function'] } });
  });

  it('does not fail when the session cannot be updated: all else is done', async () => {
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

describe('cancelling', () => {
  it('while the kernel is asked ships nothing', async () => {
    const { ship, calls } = setUp({
      kernel: {
        python: ({ signal }) => aborted(signal)
      }
    });
    const run = ship.run();
    await Promise.resolve();
    ship.cancel();
    expect(ship.state).toBe('cancelling');
    await run;
    expect(ship).toMatchObject({ state: 'cancelled', error: null });
    expect(calls).toEqual([]);
  });

  it('while the sidecar ships asks it to cancel and waits for the end', async () => {
    let fail: (error: unknown) => void = () => undefined;
    const { ship, calls } = setUp({ client: { followShip: endless(reject => (fail = reject)) } });
    const run = ship.run();
    await expect.poll(() => ship.phase).toBe('ship');
    await expect.poll(() => calls).toContain('start /venv/bin/python local');
    ship.cancel();
    await expect.poll(() => calls).toContain('cancel s1');
    expect(ship.state).toBe('cancelling');
    fail(new ShipEnvError('SHIP_CANCELLED', 'm'));
    await run;
    expect(ship).toMatchObject({ state: 'cancelled', isCancelledTooLate: false });
    expect(calls.filter(call => call.startsWith('write'))).toEqual([]);
  });

  it('while the ship is being started still cancels it', async () => {
    const { ship, calls } = setUp({
      client: {
        startShip: () => {
          ship.cancel();
          return Promise.resolve('s2');
        },
        followShip: () => Promise.reject(new ShipEnvError('SHIP_CANCELLED', 'm'))
      }
    });
    await ship.run();
    expect(calls).toEqual(['cancel s2']);
    expect(ship.state).toBe('cancelled');
  });

  it('writes no cell when the ship was faster than the cancel, and says so', async () => {
    const { ship, calls } = setUp({
      client: {
        followShip: () => {
          ship.cancel();
          return Promise.resolve(result);
        }
      }
    });
    await ship.run();
    expect(ship).toMatchObject({ state: 'cancelled', isCancelledTooLate: true, error: null });
    expect(calls).toEqual(['start /venv/bin/python local', 'cancel s1']);
    expect(ship.log.at(-1)?.text).toContain('too late: the environment is on local');
  });

  it('shows when it could not be asked for', async () => {
    const { ship } = setUp({
      client: {
        followShip: endless(() => ship.cancel()),
        cancelShip: () => Promise.reject(new ShipEnvError('SIDECAR_UNAVAILABLE', 'm'))
      }
    });
    await ship.run();
    expect(ship.error).toMatchObject({ code: 'SIDECAR_UNAVAILABLE' });
  });

  it('while the session is updated only stops to wait', async () => {
    const { ship, calls } = setUp({
      kernel: {
        update: (_live, { signal, onWait }) => {
          const waiting = aborted(signal);
          onWait('busy');
          ship.cancel();
          return waiting;
        }
      }
    });
    await ship.run();
    expect(ship).toMatchObject({ state: 'done', waitsFor: null });
    expect(ship.outcome?.live.state).toBe('postponed');
    expect(calls).toContain('write builder = 1 before-session');
  });
});

it('logs what a person needs to report an error', async () => {
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
