import type { NotebookPanel } from '@jupyterlab/notebook';
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { IShips } from '../tokens.js';
import type { IShipContext } from './context.js';
import { Ship } from './ship.js';
import type { IShip } from './types.js';
import type { IFoundShip } from './under-way.js';

/** Makes the contexts of ships. */
export interface IShipContexts {
  /** For a ship from this notebook. */
  forPanel(panel: NotebookPanel): IShipContext;
  /** For a ship that was started from the notebook with this path, which need not be open. */
  forPath(path: string): IShipContext;
}

/** Keeps the ships by notebook, so that two presses in one notebook start one ship. */
export class Ships implements IShips, IDisposable {
  private readonly _changed = new Signal<IShips, IShip>(this);
  private readonly _byPanel = new Map<NotebookPanel, Ship>();
  /** Ships whose notebook was not open when they were found, or was closed while they ran. */
  private readonly _withoutPanel = new Set<Ship>();
  private _latest: Ship | null = null;
  private _isDisposed = false;

  constructor(private readonly _contexts: IShipContexts) {}

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
    return this._all().find(ship => ship.id === id) ?? null;
  }

  find(panel: NotebookPanel): IShip | null {
    return this._find(panel);
  }

  start(panel: NotebookPanel): IShip {
    const former = this._find(panel);
    if (former?.isRunning === true) return former;
    former?.dispose();
    if (former !== null) this._withoutPanel.delete(former);
    const ship = new Ship(UUID.uuid4(), this._contexts.forPanel(panel));
    if (!this._byPanel.has(panel)) panel.disposed.connect(this._forget, this);
    this._byPanel.set(panel, ship);
    return this._run(ship);
  }

  /** Continues a ship that an earlier page started. */
  resume(found: IFoundShip): IShip {
    const ship = new Ship(UUID.uuid4(), this._contexts.forPath(found.notebook), found);
    this._withoutPanel.add(ship);
    return this._run(ship);
  }

  dispose(): void {
    if (this._isDisposed) return;
    this._isDisposed = true;
    for (const ship of this._all()) ship.dispose();
    this._byPanel.clear();
    this._withoutPanel.clear();
    Signal.clearData(this);
  }

  private _find(panel: NotebookPanel): Ship | null {
    const { path } = panel.context;
    return this._byPanel.get(panel) ?? [...this._withoutPanel].find(ship => ship.notebookPath === path) ?? null;
  }

  private _all(): Ship[] {
    return [...this._byPanel.values(), ...this._withoutPanel];
  }

  private _run(ship: Ship): IShip {
    this._latest = ship;
    ship.changed.connect(changed => this._changed.emit(changed), this);
    this._changed.emit(ship);
    void ship.run();
    return ship;
  }

  /** A ship goes on when its notebook is closed. When the notebook is opened again, it gets its ship back. */
  private readonly _forget = (panel: NotebookPanel): void => {
    const ship = this._byPanel.get(panel);
    this._byPanel.delete(panel);
    if (ship?.isRunning === true) this._withoutPanel.add(ship);
  };
}
