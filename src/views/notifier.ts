import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { IShip } from '../ship/types.js';
import { noticeOf, type INotice, type NoticeAction } from '../text/notice.js';
import type { IShips } from '../tokens.js';

/** Shortest time between two updates: progress comes faster than a person can read. */
const UPDATE_EVERY_MS = 250;
/**
 * How long a notification usually takes to appear. When notifications are turned off, or their list is open, it never
 * appears, and the list needs the updates.
 */
const APPEARS_WITHIN_MS = 3000;
/** How long a busy page takes to show a notification, for example after a reload. */
const APPEARS_LATE_WITHIN_MS = 60_000;
/**
 * How often an update that JupyterLab lost is sent again. There is a limit, since a later JupyterLab may show texts in
 * another way.
 */
const MAX_REPEATS = 20;

/** The actions of a notification's buttons. */
export interface INoticeHandlers {
  showDetails(ship: IShip): void;
  openSettings(): void;
  copyCell(ship: IShip): void;
}

/** Shows each ship as one notification, from the press until its notebook ships again. */
export class ShipNotifier implements IDisposable {
  private readonly _shown = new Map<string, ShownNotice>();
  /** The last notification of each notebook, by path. */
  private readonly _last = new Map<string, ShownNotice>();
  private _isDisposed = false;

  constructor(
    ships: IShips,
    private readonly _handlers: INoticeHandlers,
    private readonly _trans: TranslationBundle
  ) {
    ships.changed.connect(this._onShipChanged, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Shows the notification of a ship again when the person hid it. */
  focus(ship: IShip): void {
    this._shown.get(ship.id)?.focus();
  }

  dispose(): void {
    if (this._isDisposed) return;
    this._isDisposed = true;
    for (const shown of this._shown.values()) shown.dispose();
    this._shown.clear();
    this._last.clear();
    Signal.clearData(this);
  }

  private readonly _onShipChanged = (_: IShips, ship: IShip): void => {
    const shown = this._shown.get(ship.id);
    if (shown !== undefined) {
      shown.update();
    } else if (ship.isRunning) {
      // The notification of the earlier ship is out of date, and so are its buttons.
      this._last.get(ship.notebookPath)?.withdraw();
      const notice = new ShownNotice(ship, this._handlers, this._trans);
      this._shown.set(ship.id, notice);
      this._last.set(ship.notebookPath, notice);
    }
    if (!ship.isRunning) this._shown.delete(ship.id);
  };
}

/** The notification of one ship. */
class ShownNotice implements IDisposable {
  private _notificationId: string;
  private _sentAt = performance.now();
  private _timer: number | null = null;
  private _wasOnScreen = false;
  private _repeats = 0;
  private _last: INotice;
  private _isDisposed = false;

  constructor(
    private readonly _ship: IShip,
    private readonly _handlers: INoticeHandlers,
    private readonly _trans: TranslationBundle
  ) {
    this._last = noticeOf(_ship, _trans);
    this._notificationId = Notification.emit(this._last.message, this._last.type, {
      autoClose: false,
      actions: this._actions(this._last)
    });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Shows the present state: at once when the buttons change or the ship has ended, otherwise at the next tick of the
   * timer.
   */
  update(): void {
    if (this._isDisposed) return;
    const notice = noticeOf(this._ship, this._trans);
    const isUrgent = notice.type !== this._last.type || notice.actions.join() !== this._last.actions.join();
    if (isUrgent && !this._isOnItsWay()) this._show(notice);
    this._beat();
  }

  focus(): void {
    this._wasOnScreen = false;
    this._sentAt = performance.now();
    this._show(noticeOf(this._ship, this._trans));
    this._beat();
  }

  /** Removes the notification of an ended ship from the screen and from JupyterLab's list. */
  withdraw(): void {
    if (this._ship.isRunning) return;
    Notification.dismiss(this._notificationId);
    this.dispose();
  }

  dispose(): void {
    this._isDisposed = true;
    if (this._timer !== null) window.clearTimeout(this._timer);
    this._timer = null;
  }

  private _beat(): void {
    if (!this._isDisposed) this._timer ??= window.setTimeout(() => this._onBeat(), UPDATE_EVERY_MS);
  }

  /** Shows the present state, and repeats until the screen shows it. */
  private _onBeat(): void {
    this._timer = null;
    const notice = noticeOf(this._ship, this._trans);
    const isNews = notice.message !== this._last.message;
    const waitedMs = performance.now() - this._sentAt;
    if (this._isOnItsWay() && waitedMs < APPEARS_LATE_WITHIN_MS) {
      if (isNews && waitedMs > APPEARS_WITHIN_MS) this._show(notice);
      this._beat();
    } else if (isNews || this._isLost(notice)) {
      this._show(notice);
      this._beat();
    } else if (!this._ship.isRunning) {
      this.dispose();
    }
  }

  /** The notification has not appeared yet, and may still appear. */
  private _isOnItsWay(): boolean {
    this._wasOnScreen ||= this._element() !== null;
    return !this._wasOnScreen;
  }

  /**
   * The screen shows another text. JupyterLab loses updates that are sent before a notification appears, and for a
   * moment after that (jupyterlab/jupyterlab#15558).
   */
  private _isLost({ message }: INotice): boolean {
    const text = this._element()?.textContent ?? null;
    if (text === null || withoutSpace(text).includes(withoutSpace(message))) return false;
    this._repeats += 1;
    return this._repeats <= MAX_REPEATS;
  }

  private _show(notice: INotice): void {
    if (notice.message !== this._last.message) this._repeats = 0;
    this._last = notice;
    const content = { message: notice.message, type: notice.type, actions: this._actions(notice) };
    // JupyterLab would show a hidden notification again with every update; with 0 it stays hidden.
    const autoClose = this._ship.isRunning && this._isHidden() ? 0 : false;
    if (!Notification.update({ id: this._notificationId, ...content, autoClose }) && !this._ship.isRunning) {
      // The person dismissed the notification while the ship ran: the end is shown in a new one.
      this._notificationId = Notification.emit(content.message, content.type, {
        autoClose: false,
        actions: content.actions
      });
      this.dispose();
    }
  }

  /** The notification has appeared and was hidden. */
  private _isHidden(): boolean {
    return this._wasOnScreen && this._element() === null;
  }

  private _element(): HTMLElement | null {
    return document.getElementById(this._notificationId);
  }

  private _actions(notice: INotice): Notification.IAction[] {
    return notice.actions.map(action => this._action(action, notice));
  }

  private _action(action: NoticeAction, { type, whole, actions }: INotice): Notification.IAction {
    const ship = this._ship;
    const trans = this._trans;
    // A button hides the notification, unless its event is prevented. The notification of a running ship must stay.
    const stay = (callback: () => void) => (event: MouseEvent) => {
      event.preventDefault();
      callback();
    };
    switch (action) {
      case 'cancel':
        return { label: trans.__('Cancel'), callback: stay(() => ship.cancel()) };
      case 'stop-waiting':
        return { label: trans.__("Don't wait"), callback: stay(() => ship.cancel()) };
      case 'show-cell':
        return { label: trans.__('Show cell'), callback: () => void ship.showCell(), displayType: 'accent' };
      case 'copy-cell':
        return { label: trans.__('Copy cell'), callback: stay(() => this._handlers.copyCell(ship)) };
      case 'insert-cell':
        return {
          label: trans.__('Insert cell'),
          caption: trans.__('Open the notebook and write the cell'),
          callback: () => void ship.insertCell(),
          displayType: 'accent'
        };
      case 'show-details':
        return {
          label: trans.__('Details'),
          callback: stay(() => this._handlers.showDetails(ship)),
          // The tooltip.
          ...(whole === undefined ? {} : { caption: whole }),
          ...(type === 'error' && actions.length === 1 ? { displayType: 'accent' as const } : {})
        };
      case 'open-settings':
        return {
          label: trans.__('Open settings'),
          callback: stay(() => this._handlers.openSettings()),
          displayType: 'accent'
        };
    }
  }
}

/** Removes white space for the comparison: the screen breaks lines where the message has line feeds. */
function withoutSpace(text: string): string {
  return text.replace(/\s+/gu, '');
}
