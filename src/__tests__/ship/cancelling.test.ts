import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ShipEnvError } from '../../errors.js';
import { result } from '../samples.js';
import { endless, setUp } from './stand-ins.js';

/** Rejects when the signal aborts. */
async function aborted(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort');
  signal.throwIfAborted();
  throw new Error('not reached');
}

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
