import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ERRORS } from '../../../server/src/contract/index.js';
import { ShipEnvError } from '../../errors.js';
import type { CellOutcome, ILiveOutcome, IShipFacts, IShipOutcome } from '../../ship/types.js';
import { initialSteps, withEvent } from '../../ship/steps.js';
import { MAX_NOTICE, noticeOf, type INotice } from '../../text/notice.js';
import { result, steps, target } from '../samples.js';
import { trans } from '../trans.js';

const long = { ...target, name: 'the shared bucket of the forecasting team in Dublin' };
const running = {
  state: 'running',
  phase: 'ship',
  waitsFor: null,
  outcome: null,
  error: null,
  isCancelledTooLate: false
} as const;

const shipOf = (facts: Partial<IShipFacts>): IShipFacts => ({
  notebookName: 'demo.ipynb',
  target,
  steps: initialSteps(),
  ...running,
  ...facts
});
const outcomeOf = (cell: CellOutcome, live: ILiveOutcome['state'] = 'none'): IShipOutcome => ({
  result,
  cell,
  live: { state: live, message: '' },
  ms: 8200
});

describe('a running ship', () => {
  it('shows the step and its progress', () => {
    const ship = shipOf({ steps: steps.reduce(withEvent, initialSteps()) });
    expect(noticeOf(ship, trans)).toEqual({
      type: 'in-progress',
      message: 'Ship env of demo.ipynb to local\n4/7 Uploading: 12 MB of 148 MB',
      actions: ['show-details', 'cancel']
    });
  });

  it('shows the progress of the build while parts of the artifact are uploaded already', () => {
    const overlapping = [
      { type: 'step', name: 'build', state: 'started' },
      { type: 'step', name: 'upload', state: 'started' },
      { type: 'step', name: 'build', state: 'progress', done: 40, total: 100 },
      { type: 'step', name: 'upload', state: 'progress', done: 8_000_000 }
    ] as const;
    const ship = shipOf({ steps: overlapping.reduce(withEvent, initialSteps()) });
    expect(noticeOf(ship, trans).message).toContain('3/7 Building the artifact: 40 %');
    const again = withEvent(ship.steps, { type: 'step', name: 'snapshot', state: 'started' });
    expect(again.slice(1).every(step => step.state === 'pending')).toBe(true);
    const built = withEvent(ship.steps, { type: 'step', name: 'build', state: 'done' });
    expect(noticeOf(shipOf({ steps: built }), trans).message).toContain('4/7 Uploading');
  });

  it('names the next step between two steps', () => {
    const told = (['snapshot', 'plan'] as const).map(name => ({ type: 'step', name, state: 'done' }) as const);
    const { message } = noticeOf(shipOf({ steps: told.reduce(withEvent, initialSteps()) }), trans);
    expect(message).toMatch(/3\/7 Building the artifact…$/);
  });

  it('says how much was uploaded while the total is unknown', () => {
    const told = [
      { type: 'step', name: 'upload', state: 'progress', done: 1660, total: 1660 },
      { type: 'step', name: 'upload', state: 'progress', done: 24_200_000 }
    ] as const;
    expect(noticeOf(shipOf({ steps: told.reduce(withEvent, initialSteps()) }), trans).message).toMatch(
      /4\/7 Uploading: 24\.2 MB$/
    );
  });

  it('says that it waits for a busy kernel, and can be cancelled', () => {
    const notice = noticeOf(shipOf({ phase: 'kernel', waitsFor: 'busy' }), trans);
    expect(notice.message).toContain('Waiting for the kernel, it is busy');
    expect(notice.actions).toContain('cancel');
  });

  it('says that it waits for other ships, and can be cancelled', () => {
    const waits = { type: 'step', name: 'snapshot', state: 'waiting', detail: '4 ships before this one' } as const;
    const notice = noticeOf(shipOf({ steps: withEvent(initialSteps(), waits) }), trans);
    expect(notice.message).toContain('Waiting for other ships to end: 4 ships before this one…');
    expect(notice.actions).toContain('cancel');
  });

  it('cannot be cancelled twice', () => {
    expect(noticeOf(shipOf({ state: 'cancelling' }), trans).actions).toEqual(['show-details']);
  });

  it('offers not to wait when only the session is left', () => {
    expect(noticeOf(shipOf({ phase: 'session', waitsFor: 'busy' }), trans).actions).toContain('stop-waiting');
  });
});

describe('the end of a ship', () => {
  it('names time, bytes, cell and session', () => {
    const ship = shipOf({ state: 'done', outcome: outcomeOf({ state: 'updated', wasEdited: false }, 'updated') });
    expect(noticeOf(ship, trans)).toEqual({
      type: 'success',
      message: 'Shipped to local in 8.2 s: 6.1 MB of 148 MB uploaded.\nThe cell was updated. Running session updated.',
      actions: ['show-details', 'show-cell']
    });
  });

  it('offers the cell when no notebook is open to write it to', () => {
    const ship = shipOf({ state: 'done', outcome: outcomeOf({ state: 'notebook-closed' }) });
    expect(noticeOf(ship, trans)).toMatchObject({
      type: 'warning',
      actions: ['show-details', 'copy-cell', 'insert-cell']
    });
  });

  it('warns when the session was not updated', () => {
    const ship = shipOf({ state: 'done', outcome: outcomeOf({ state: 'kept' }, 'failed') });
    expect(noticeOf(ship, trans).type).toBe('warning');
  });

  it('is not an error when it was cancelled', () => {
    expect(noticeOf(shipOf({ state: 'cancelled' }), trans)).toMatchObject({
      type: 'info',
      message: 'The ship was cancelled.'
    });
  });

  it('says what a late cancel did not undo', () => {
    const { type, message } = noticeOf(shipOf({ target: long, state: 'cancelled', isCancelledTooLate: true }), trans);
    expect(type).toBe('info');
    expect(message).toContain('too late: the environment is on the shared b');
    expect(message.length).toBeLessThanOrEqual(MAX_NOTICE);
  });

  it('leads to the settings when they are wrong', () => {
    const actionsOf = (error: ShipEnvError): readonly string[] =>
      noticeOf(shipOf({ state: 'failed', error }), trans).actions;
    expect(actionsOf(new ShipEnvError('TARGET_DENIED', 'm'))).toContain('open-settings');
    expect(actionsOf(new ShipEnvError('KERNEL_DIED', 'm'))).not.toContain('open-settings');
  });
});

describe('text that JupyterLab would cut', () => {
  const words = 'some words that go on '.repeat(12).trim();
  const noticeFor = (error: ShipEnvError): INotice => noticeOf(shipOf({ state: 'failed', error }), trans);

  it.each(ERROR_CODES)('is left to the details, which the notice names: %s', code => {
    const { message, whole } = noticeFor(new ShipEnvError(code, words, { hint: words }));
    expect(message.length).toBeLessThanOrEqual(MAX_NOTICE);
    expect(message).toBe(`${ERRORS[code].title}\nDetails says what happened and what to do.`);
    expect(whole).toBe(`${words}\n\n${words}`);
  });

  it('is never the remedy: without room for both, the hint stays and the message goes', () => {
    const hint = 'Wait until the kernel is idle or start another one, then ship again.';
    const { message } = noticeFor(new ShipEnvError('KERNEL_DIED', words, { hint }));
    expect(message).toBe(`The kernel went away\n${hint}`);
  });

  it('is the message of an error without a hint', () => {
    expect(noticeFor(new ShipEnvError('KERNEL_DIED', words)).message).toBe('The kernel went away\nDetails says more.');
  });

  it('is the summary first, before what to do next', () => {
    const outcome = outcomeOf({ state: 'updated', wasEdited: true }, 'restart');
    expect(noticeOf(shipOf({ target: long, state: 'done', outcome }), trans).message).toBe(
      'Your changes to the cell were replaced; Undo brings them back. ' +
        'Restart needed: the running session has other packages.'
    );
  });

  it('does not occur in a running or finished ship, however long the names are', () => {
    const names = { notebookName: `${'forecast of the berths '.repeat(6)}.ipynb`, target: long };
    const cells: CellOutcome[] = [
      { state: 'inserted' },
      { state: 'updated', wasEdited: true },
      { state: 'notebook-read-only' }
    ];
    for (const cell of cells) {
      const { message } = noticeOf(shipOf({ ...names, state: 'done', outcome: outcomeOf(cell, 'restart') }), trans);
      expect(message.length).toBeLessThanOrEqual(MAX_NOTICE);
    }
    const { message } = noticeOf(shipOf({ ...names, steps: steps.reduce(withEvent, initialSteps()) }), trans);
    expect(message).toMatch(/…e berths \.ipynb to the shared b….+\n4\/7 Uploading: 12 MB of 148 MB$/);
  });

  it('keeps a short message and its hint whole', () => {
    const error = new ShipEnvError('KERNEL_DIED', 'It died.', { hint: 'Start another.' });
    expect(noticeOf(shipOf({ state: 'failed', error }), trans).message).toBe(
      'The kernel went away\nIt died.\nStart another.'
    );
  });
});
