import { describe, expect, it } from 'vitest';
import { ShipEnvError } from '../../errors.js';
import { noteOf, readNote } from '../../ship/note.js';
import { initialSteps, withEvent } from '../../ship/steps.js';
import type { CellOutcome } from '../../ship/types.js';
import { result, target } from '../samples.js';
import { endless, setUp } from './stand-ins.js';

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
