import type { TranslationBundle } from '@jupyterlab/translation';
import type { IShipFacts, IShipOutcome } from '../ship/types.js';
import { activityText, cancelledText, cellText, errorTitle, liveText, shipTitle, summaryText } from './messages.js';
import { shorten } from './format.js';

/** JupyterLab cuts the message of a notification after this many characters. */
export const MAX_NOTICE = 140;

export type NoticeAction = 'cancel' | 'stop-waiting' | 'show-cell' | 'copy-cell' | 'show-details' | 'open-settings';

/** What a notification says of a ship. Lines are separated by line feeds. */
export interface INotice {
  readonly type: 'in-progress' | 'success' | 'warning' | 'info' | 'error';
  readonly message: string;
  readonly actions: readonly NoticeAction[];
}

/** What to tell about a ship just now. Pure. */
export function noticeOf(ship: IShipFacts, trans: TranslationBundle): INotice {
  if (ship.outcome !== null) return ended(ship, ship.outcome, trans);
  if (ship.error !== null) {
    const { code, message, hint } = ship.error;
    return {
      type: 'error',
      message: fit([errorTitle(code, trans), message, hint]),
      actions: ['show-details', ...(isAboutSettings(code) ? (['open-settings'] as const) : [])]
    };
  }
  if (ship.state === 'cancelled') {
    return { type: 'info', message: cancelledText(ship, trans), actions: ['show-details'] };
  }
  return {
    type: 'in-progress',
    message: fit([shipTitle(ship, trans), activityText(ship, trans)]),
    actions: ['show-details', ...runningActions(ship)]
  };
}

function ended(ship: IShipFacts, outcome: IShipOutcome, trans: TranslationBundle): INotice {
  const isWritten = outcome.cell.state !== 'notebook-closed' && outcome.cell.state !== 'notebook-read-only';
  const isFine = isWritten && outcome.live.state !== 'failed';
  return {
    type: isFine ? 'success' : 'warning',
    message: fit([summaryText(ship, outcome, trans), `${cellText(outcome, trans)} ${liveText(outcome, trans)}`.trim()]),
    actions: ['show-details', isWritten ? 'show-cell' : 'copy-cell']
  };
}

function runningActions(ship: IShipFacts): NoticeAction[] {
  if (ship.state !== 'running') return [];
  return [ship.phase === 'session' ? 'stop-waiting' : 'cancel'];
}

function isAboutSettings(code: string): boolean {
  return code.startsWith('TARGET_') || code.startsWith('SETTINGS_') || code.startsWith('CONFIG_');
}

/** As many of the lines as there is room for: the first whole, the next cut, the rest left to the details. */
function fit(lines: readonly string[]): string {
  let text = '';
  for (const line of lines) {
    if (line === '') continue;
    const separator = text === '' ? '' : '\n';
    const room = MAX_NOTICE - text.length - separator.length;
    if (line.length > room) {
      // A stump of a few words tells nothing.
      return room < 30 ? text : `${text}${separator}${cutAtWord(line, room)}`;
    }
    text += separator + line;
  }
  return text;
}

function cutAtWord(text: string, max: number): string {
  const cut = text.slice(0, max - 1);
  const space = cut.lastIndexOf(' ');
  return space < max / 2 ? shorten(text, max) : `${cut.slice(0, space)}…`;
}
