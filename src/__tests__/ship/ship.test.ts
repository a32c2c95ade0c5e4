import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ShipResult, StepEvent } from '../../../server/src/contract/index.js';
import { ShipEnvError } from '../../errors.js';
import type { IShipContext } from '../../ship/context.js';
import { noteOf, readNote } from '../../ship/note.js';
import { Ship } from '../../ship/ship.js';
import { initialSteps, withEvent } from '../../ship/steps.js';
import type { CellOutcome, ILiveOutcome, IKernel, INotebook, IShipping } from '../../ship/types.js';
import type { IFoundShip } from '../../ship/under-way.js';
import { result, steps, target } from '../samples.js';
import { trans } from '../trans.js';

/** A ship with stand-ins that do at once what the test wants, and the calls that they got, in order. */
function setUp(
  parts: { notebook?: Partial<INotebook>; kernel?: Partial<IKernel> | null; client?: Partial<IShipping> } = {},
  found: IFoundShip | null = null
): {
  ship: Ship;
  calls: string[];
  states: string[];
} {
  const calls: string[] = [];
  const kernel: IKernel = {
    python: () => Promise.resolve('/venv/bin/python'),
    update: (live): Promise<ILiveOutcome> => {
      calls.push(`update ${live.artifactId}`);
      return Promise.resolve({ state: 'updated', message: '' });
    },
    ...parts.kernel
  };
  const context: IShipContext = {
    notebook: {
      name: 'demo.ipynb',
      path: 'work/demo.ipynb',
      assertWritable: () => undefined,
      write: (source, position): Promise<CellOutcome> => {
        calls.push(`write ${source} ${position}`);
        return Promise.resolve({ state: 'inserted' });
      },
      open: () => {
        calls.push('open');
        return Promise.resolve();
      },
      showCell: () => Promise.resolve(),
      ...parts.notebook
    },
    kernel: () => (parts.kernel === null ? null : kernel),
    client: {
      startShip: (request, note) => {
        calls.push(`start ${request.python} ${request.target.name}`);
        return Promise.resolve({ id: 's1', joined: false, note });
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
  const ship = new Ship('1', context, found);
  const states: string[] = [];
  ship.changed.connect(changed => states.push(`${changed.state} ${changed.phase}`));
  return { ship, calls, states };
}

/** Rejects when the signal aborts. */
async function aborted(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort');
  signal.throwIfAborted();
  throw new Error('not reached');
}

/** A ship that runs in the sidecar until it is cancelled. */
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

describe('cancelling', () => {
  it('ships nothing while the kernel is asked', async () => {
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

  it('asks the sidecar to cancel and waits for the end while the sidecar ships', async () => {
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

  it('cancels a ship that is being started', async () => {
    const { ship, calls } = setUp({
      client: {
        startShip: (_request, note) => {
          ship.cancel();
          return Promise.resolve({ id: 's2', joined: false, note });
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

  it('shows that the sidecar could not be asked', async () => {
    const { ship } = setUp({
      client: {
        followShip: endless(() => ship.cancel()),
        cancelShip: () => Promise.reject(new ShipEnvError('SIDECAR_UNAVAILABLE', 'm'))
      }
    });
    await ship.run();
    expect(ship.error).toMatchObject({ code: 'SIDECAR_UNAVAILABLE' });
  });

  it('only stops waiting while the session is updated', async () => {
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

describe('a ship that is under way already', () => {
  const elsewhere = { ...target, name: 'elsewhere' };
  const facts = { notebook: 'work/demo.ipynb', target: elsewhere, insertPosition: 'top' } as const;

  it('is found again: it asks no kernel for its python, starts nothing, and writes the cell at the place that the first press chose', async () => {
    const { ship, calls } = setUp({}, { id: 's7', ...facts });
    expect(ship).toMatchObject({ state: 'running', phase: 'ship', target: elsewhere, notebookPath: 'work/demo.ipynb' });
    await ship.run();
    expect(calls).toEqual(['write builder = 1 top', 'update env-1']);
    expect(ship.outcome).toMatchObject({ ms: result.ms, cell: { state: 'inserted' } });
  });

  it('can be cancelled', async () => {
    let fail: (error: unknown) => void = () => undefined;
    const { ship, calls } = setUp(
      { client: { followShip: endless(reject => (fail = reject)) } },
      { id: 's7', ...facts }
    );
    const run = ship.run();
    ship.cancel();
    await expect.poll(() => calls).toEqual(['cancel s7']);
    fail(new ShipEnvError('SHIP_CANCELLED', 'm'));
    await run;
    expect(ship.state).toBe('cancelled');
  });

  it('is joined by a second press, and keeps the options of the first', async () => {
    const { ship, calls } = setUp({
      client: { startShip: () => Promise.resolve({ id: 's7', joined: true, note: noteOf(facts) }) }
    });
    await ship.run();
    expect(ship.target).toEqual(elsewhere);
    expect(calls).toContain('write builder = 1 top');
    expect(ship.log.map(line => line.text).join('\n')).toContain('Target: elsewhere');
  });

  it('says what it waits for, and later what it does', () => {
    const waits = { type: 'step', name: 'snapshot', state: 'waiting', detail: '4 ships before this one' } as const;
    const waiting = withEvent(initialSteps(), waits);
    expect(waiting[0]).toMatchObject({ state: 'waiting', detail: waits.detail });
    const begun = withEvent(waiting, { type: 'step', name: 'snapshot', state: 'started' });
    expect(begun[0]).toEqual({ name: 'snapshot', state: 'running' });
  });

  it('offers to insert the cell when its notebook is not open, and then opens the notebook', async () => {
    let isOpen = false;
    const { ship, calls } = setUp(
      {
        kernel: null,
        notebook: {
          write: source => {
            calls.push(`write ${source} ${isOpen ? 'open' : 'closed'}`);
            return Promise.resolve({ state: isOpen ? 'inserted' : 'notebook-closed' });
          },
          open: () => {
            isOpen = true;
            return Promise.resolve();
          }
        }
      },
      { id: 's7', ...facts }
    );
    await ship.run();
    expect(ship.outcome).toMatchObject({ cell: { state: 'notebook-closed' }, live: { state: 'none' } });
    await ship.insertCell();
    expect(calls).toEqual(['write builder = 1 closed', 'write builder = 1 open']);
    expect(ship.outcome?.cell.state).toBe('inserted');
  });

  it('keeps the cell for later when the notebook does not open', async () => {
    const notebook = {
      write: (): Promise<CellOutcome> => Promise.resolve({ state: 'notebook-closed' }),
      open: () => Promise.reject(new Error('File not found'))
    };
    const { ship } = setUp({ notebook }, { id: 's7', ...facts });
    await ship.run();
    await ship.insertCell();
    expect(ship.outcome?.cell.state).toBe('notebook-closed');
    expect(ship.log.at(-1)?.text).toContain('File not found');
  });

  it('is recognised by its note; other notes are ignored', () => {
    expect(readNote(noteOf(facts))).toEqual(facts);
    expect(readNote({ key: 'k', data: '{"notebook":1}' })).toBeNull();
    expect(readNote({ key: 'k', data: 'not JSON' })).toBeNull();
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
