import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initialSteps, withEvent } from '../../ship/steps.js';
import type { IShip } from '../../ship/types.js';
import type { IShips } from '../../tokens.js';
import { ShipNotifier } from '../../views/notifier.js';
import { result, steps, target } from '../samples.js';
import { trans } from '../trans.js';

/**
 * A screen that behaves like JupyterLab's: updates of a notification are lost before it is on the screen, and for a
 * moment after (jupyterlab/jupyterlab#15558).
 */
const screen = vi.hoisted(() => ({
  isThere: false,
  text: '',
  losesStill: 0,
  updates: 0,
  ids: [] as string[],
  dismissed: [] as string[]
}));

vi.mock('@jupyterlab/apputils', () => ({
  Notification: {
    emit: (message: string) => {
      screen.text = message;
      screen.ids.push(`notification ${screen.ids.length}`);
      return screen.ids.at(-1);
    },
    dismiss: (id: string) => {
      screen.dismissed.push(id);
    },
    update: ({ message }: { message: string }) => {
      screen.updates += 1;
      if (screen.isThere && screen.losesStill-- <= 0) screen.text = message;
      return true;
    }
  }
}));

/** A ship whose facts a test changes. */
function setUp(): {
  change: (facts: Partial<IShip>) => void;
  add: (facts: Partial<IShip>) => void;
  notifier: ShipNotifier;
} {
  const ships = {} as IShips;
  const changed = new Signal<IShips, IShip>(ships);
  const running = { id: 's1', isRunning: true, state: 'running', phase: 'ship', outcome: null, error: null } as const;
  const ship = {
    ...running,
    notebookName: 'demo.ipynb',
    notebookPath: 'a/demo.ipynb',
    target,
    waitsFor: null,
    steps: initialSteps()
  } as IShip;
  const handlers = { showDetails: vi.fn(), openSettings: vi.fn(), copyCell: vi.fn() };
  const notifier = new ShipNotifier(Object.assign(ships, { changed }), handlers, trans);
  const change = (facts: Partial<IShip>): void => {
    changed.emit(Object.assign(ship, facts));
  };
  const add = (facts: Partial<IShip>): void => {
    changed.emit({ ...ship, ...running, ...facts });
  };
  change({});
  return { change, add, notifier };
}

const uploading = { steps: steps.reduce(withEvent, initialSteps()) };
const done: Partial<IShip> = {
  isRunning: false,
  state: 'done',
  outcome: { result, cell: { state: 'inserted' }, live: { state: 'none', message: '' }, ms: 8200 }
};

describe('a notification that a busy page shows late', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('window', globalThis);
    vi.stubGlobal('document', {
      getElementById: () => (screen.isThere ? { textContent: screen.text.replaceAll('\n', '') } : null)
    });
    Object.assign(screen, { isThere: false, text: '', losesStill: 0, updates: 0, ids: [], dismissed: [] });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it.each([
    ['running', uploading, '4/7 Uploading: 12 MB of 148 MB'],
    ['ended', done, 'Run the new cell']
  ])('shows the state of a ship that is %s, although it does not change any more', (_, facts, text) => {
    const { change } = setUp();
    change(facts);
    vi.advanceTimersByTime(20_000);
    expect(screen.text).toContain('Starting…');
    screen.isThere = true;
    vi.advanceTimersByTime(1000);
    expect(screen.text).toContain(text);
    expect(vi.getTimerCount(), 'no timer runs any more').toBe(0);
  });

  it.each([
    ['running', uploading, '4/7 Uploading: 12 MB of 148 MB'],
    ['ended', done, 'Run the new cell']
  ])('shows the state of a ship that is %s, although the first updates on the screen are lost', (_, facts, text) => {
    const { change } = setUp();
    Object.assign(screen, { isThere: true, losesStill: 2 });
    change(facts);
    vi.advanceTimersByTime(2000);
    expect(screen.text).toContain(text);
    expect(vi.getTimerCount(), 'no timer runs any more').toBe(0);
  });

  it('whose text never matches is not updated for ever', () => {
    const { change } = setUp();
    Object.assign(screen, { isThere: true, losesStill: Infinity });
    change(done);
    vi.advanceTimersByTime(120_000);
    expect(screen.updates).toBeLessThan(30);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not waited for for ever', () => {
    const { change } = setUp();
    change(done);
    vi.advanceTimersByTime(120_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a second ship of the same notebook', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('window', globalThis);
    vi.stubGlobal('document', { getElementById: () => null });
    Object.assign(screen, { ids: [], dismissed: [] });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('takes the place of how the first one ended', () => {
    const { change, add } = setUp();
    change(done);
    add({ id: 's2', notebookPath: 'b/demo.ipynb' });
    expect(screen.dismissed).toEqual([]);
    add({ id: 's3' });
    expect(screen.dismissed).toEqual(['notification 0']);
  });

  it('leaves the notification of one that still runs', () => {
    const { add } = setUp();
    add({ id: 's2' });
    expect(screen.dismissed).toEqual([]);
  });
});
