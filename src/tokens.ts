import { Token } from '@lumino/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ISignal } from '@lumino/signaling';
import type { IShip } from './ship/types.js';

/** The id of the plugin that owns schema/plugin.json, with the settings, the toolbar item and the commands. */
export const PLUGIN_ID = 'jupyterlab-ship-env:plugin';

export const CommandIDs = {
  /** Ship the environment of the current notebook's kernel. */
  ship: 'ship-env:ship',
  /** Cancel the ship of the current notebook. */
  cancel: 'ship-env:cancel',
  /** Show steps, findings and log of the latest ship. */
  showDetails: 'ship-env:show-details',
  /** Open the settings panel on our page. */
  openSettings: 'ship-env:open-settings'
} as const;

/** The ships of this browser tab: at most one runs for a notebook. */
export interface IShips {
  /** Emits the ship that was started or changed. */
  readonly changed: ISignal<IShips, IShip>;
  /** The ship that was started last in any notebook. */
  readonly latest: IShip | null;
  /** A ship that is still known by its id. */
  get(id: string): IShip | null;
  /** The latest ship of this notebook. */
  find(panel: NotebookPanel): IShip | null;
  /** Starts a ship from this notebook; while one runs there, returns that one. */
  start(panel: NotebookPanel): IShip;
}

export const IShips = new Token<IShips>(
  'jupyterlab-ship-env:IShips',
  'Use this if you want to ship the environment of a notebook or to follow the ships that run.'
);
