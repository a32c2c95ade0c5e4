import type { TranslationBundle } from '@jupyterlab/translation';
import type { ShipEnvError } from '../errors.js';
import type { IShipFacts, IShipOutcome } from '../ship/types.js';
import { activityText, cancelledText, cellText, errorTitle, liveText, shipTitle, summaryText } from './messages.js';

/** JupyterLab cuts the message of a notification after this many characters (`MAX_MESSAGE_LENGTH` of apputils-extension). */
export const MAX_NOTICE = 140;

export type NoticeAction =
  'cancel' | 'stop-waiting' | 'show-cell' | 'copy-cell' | 'insert-cell' | 'show-details' | 'open-settings';

/** The text and the buttons of a ship's notification. Line feeds separate lines. */
export interface INotice {
  readonly type: 'in-progress' | 'success' | 'warning' | 'info' | 'error';
  readonly message: string;
  /** The complete text, where `message` may leave something out. */
  readonly whole?: string;
  readonly actions: readonly NoticeAction[];
}

/** The notification for a ship in its present state. Pure. */
export function noticeOf(ship: IShipFacts, trans: TranslationBundle): INotice {
  if (ship.outcome !== null) return ended(ship, ship.outcome, trans);
  if (ship.error !== null) {
    const { code } = ship.error;
    return {
      type: 'error',
      message: errorText(ship.error, trans),
      whole: [ship.error.message, ship.error.hint].filter(text => text !== '').join('\n\n'),
      actions: ['show-details', ...(isAboutSettings(code) ? (['open-settings'] as const) : [])]
    };
  }
  if (ship.state === 'cancelled') {
    return { type: 'info', message: cancelledText(ship, trans), actions: ['show-details'] };
  }
  return {
    type: 'in-progress',
    message: firstThatFits([shipTitle(ship, trans), activityText(ship, trans)]),
    actions: ['show-details', ...runningActions(ship)]
  };
}

function ended(ship: IShipFacts, outcome: IShipOutcome, trans: TranslationBundle): INotice {
  const isWritten = outcome.cell.state !== 'notebook-closed' && outcome.cell.state !== 'notebook-read-only';
  const isFine = isWritten && outcome.live.state !== 'failed';
  const toDo = `${cellText(outcome, trans)} ${liveText(outcome, trans)}`.trim();
  return {
    type: isFine ? 'success' : 'warning',
    message: firstThatFits([summaryText(ship, outcome, trans), toDo], [toDo]),
    actions: ['show-details', ...cellActions(outcome)]
  };
}

/** The title and then what to do. The hint is never cut: when it does not fit, the text points to the details. */
function errorText({ code, message, hint }: ShipEnvError, trans: TranslationBundle): string {
  const title = errorTitle(code, trans);
  return firstThatFits([title, message, hint], ...(hint === '' ? [] : [[title, hint]]), [
    title,
    hint === '' ? trans.__('Details says more.') : trans.__('Details says what happened and what to do.')
  ]);
}

function cellActions({ cell }: IShipOutcome): NoticeAction[] {
  if (cell.state === 'notebook-closed') return ['copy-cell', 'insert-cell'];
  return [cell.state === 'notebook-read-only' ? 'copy-cell' : 'show-cell'];
}

function runningActions(ship: IShipFacts): NoticeAction[] {
  if (ship.state !== 'running') return [];
  return [ship.phase === 'session' ? 'stop-waiting' : 'cancel'];
}

function isAboutSettings(code: string): boolean {
  return code.startsWith('TARGET_') || code.startsWith('SETTINGS_') || code.startsWith('CONFIG_');
}

/**
 * The first of these texts that JupyterLab does not cut. The details show what a shorter text leaves out.
 *
 * @param texts - texts as lines, from the most complete one to one that always fits
 */
function firstThatFits(...texts: (readonly string[])[]): string {
  const joined = texts.map(lines => lines.filter(line => line !== '').join('\n'));
  return joined.find(text => text.length <= MAX_NOTICE) ?? joined.at(-1) ?? '';
}
