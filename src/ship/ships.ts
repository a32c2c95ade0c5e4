import type { NotebookPanel } from '@jupyterlab/notebook';
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { IShips } from '../tokens.js';
import { Ship, type IShipContext } from './ship.js';
import type { IShip } from './types.js';

/** Keeps the ships by notebook, so that two presses on one notebook are one ship. */
export class Ships implements IShips, IDisposable {
  private readonly _changed = new Signal<IShips, IShip>(this);
  private readonly _byPanel = new Map<NotebookPanel, Ship>();
  private _latest: Ship | null = null;
  private _isDisposed = false;

  constructor(private readonly _contextOf: (panel: NotebookPanel) => IShipContext) {}

  get changed(): ISignal<IShips, IShip> {
    return this._changed;
  }
  get latest(): IShip | null {
    return this._latest;
  }
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get(id: string): IShip | null {
    if (this._latest?.id === id) return this._latest;
    return [...this._byPanel.values()].find(ship => ship.id === id) ?? null;
  }

  find(panel: NotebookPanel): IShip | null {
    return this._byPanel.get(panel) ?? null;
  }

  start(panel: NotebookPanel): IShip {
    const former = this._byPanel.get(panel);
    if (former?.isRunning === true) return former;
    former?.dispose();
    const ship = new Ship(UUID.uuid4(), this._contextOf(panel));
    if (former === undefined) panel.disposed.connect(this._forget, this);
    this._byPanel.set(panel, ship);
    this._latest = ship;
    ship.changed.connect(changed => this._changed.emit(changed), this);
    this._changed.emit(ship);
    void ship.run();
    return ship;
  }

  dispose(): void {
    if (this._isDisposed) return;
    this._isDisposed = true;
    for (const ship of this._byPanel.values()) ship.dispose();
    this._byPanel.clear();
    Signal.clearData(this);
  }

  /** A closed notebook can be shipped no more; a ship that runs goes on and tells that there was no place for its cell. */
  private readonly _forget = (panel: NotebookPanel): void => {
    this._byPanel.delete(panel);
  };
}
