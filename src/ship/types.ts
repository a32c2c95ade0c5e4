import type { ISignal } from '@lumino/signaling';
import type {
  InsertPosition,
  LiveUpdate,
  ShipNote,
  ShipRequestInput,
  ShipResult,
  ShipStarted,
  StepEvent,
  StepName,
  TargetSettings
} from '../../server/src/contract/index.js';
import type { ShipEnvError } from '../errors.js';

/** The state of a ship. The last three are final. */
export type ShipState = 'running' | 'cancelling' | 'done' | 'cancelled' | 'failed';

/** What a running ship is doing. */
export type ShipPhase = 'kernel' | 'ship' | 'cell' | 'session';

/** Why the kernel has not answered yet. */
export type KernelWait = 'busy' | 'starting';

/** One step of a ship with its progress. */
export interface IStep {
  readonly name: StepName;
  /** `waiting`: the ship waits for other ships. */
  readonly state: 'pending' | 'waiting' | 'running' | 'done';
  readonly done?: number;
  readonly total?: number;
  readonly detail?: string;
  readonly ms?: number;
}

/** A line of a ship's log. */
export interface ILogLine {
  readonly time: Date;
  readonly text: string;
}

/** What happened to the cell. */
export type CellOutcome =
  | { readonly state: 'inserted' | 'kept' }
  | { readonly state: 'updated'; readonly wasEdited: boolean }
  /** The ship succeeded, but the cell could not be written any more. */
  | { readonly state: 'notebook-closed' | 'notebook-read-only' };

/** What happened to the session that the kernel runs. */
export interface ILiveOutcome {
  /**
   * `none`: there is no session. `current`: it has this code already. `postponed`: the kernel is busy, and the person
   * chose not to wait.
   */
  readonly state: 'none' | 'current' | 'updated' | 'restart' | 'failed' | 'postponed';
  readonly message: string;
}

export interface IShipOutcome {
  readonly result: ShipResult;
  readonly cell: CellOutcome;
  readonly live: ILiveOutcome;
  /** Milliseconds from the press to the end. */
  readonly ms: number;
}

/** The facts about a ship that its texts need. */
export interface IShipFacts {
  readonly notebookName: string;
  readonly target: TargetSettings | null;
  readonly state: ShipState;
  readonly phase: ShipPhase;
  /** Set while the kernel was asked and has not answered. */
  readonly waitsFor: KernelWait | null;
  readonly steps: readonly IStep[];
  /** Set in the state `done`. */
  readonly outcome: IShipOutcome | null;
  /** Set in the state `failed`. */
  readonly error: ShipEnvError | null;
  /** In the state `cancelled`: the environment was published before the cancel arrived, and stays on the target. */
  readonly isCancelledTooLate: boolean;
}

/** One press of the button, from the press to its end. */
export interface IShip extends IShipFacts {
  readonly id: string;
  /** Path of the notebook that the ship was started from. */
  readonly notebookPath: string;
  readonly log: readonly ILogLine[];
  readonly isRunning: boolean;
  readonly changed: ISignal<IShip, void>;
  /** Cancels the ship. While the running session is being updated, only stops waiting for the kernel. */
  cancel(): void;
  /** Brings the notebook to the front and its cell into view. */
  showCell(): Promise<void>;
  /** Opens the notebook of a ship that ended while the notebook was closed, and writes the cell. Never rejects. */
  insertCell(): Promise<void>;
}

/** The notebook that a ship was started from. It may be closed and opened again during the ship. */
export interface INotebook {
  readonly name: string;
  /** Path of the file, as Jupyter's contents API names it. */
  readonly path: string;
  /** @throws ShipEnvError NOTEBOOK_READ_ONLY */
  assertWritable(): void;
  /** Waits until the page has restored its widgets, then writes the cell, or tells why it could not. */
  write(source: string, position: InsertPosition): Promise<CellOutcome>;
  /** Opens the file. Rejects with JupyterLab's error. */
  open(): Promise<void>;
  showCell(): Promise<void>;
}

/** How to wait for a kernel. */
export interface IWait {
  readonly signal: AbortSignal;
  /** Called with the reason when the kernel does not answer at once, and with null when it does. */
  readonly onWait: (reason: KernelWait | null) => void;
}

/** The kernel of that notebook. */
export interface IKernel {
  /**
   * @returns `sys.executable`
   * @throws ShipEnvError KERNEL_MISSING, KERNEL_NOT_PYTHON, KERNEL_DIED or KERNEL_FAILED; the signal's reason
   */
  python(wait: IWait): Promise<string>;
  /** Gives new code to the session that the kernel runs. Throws as `python` does. */
  update(live: LiveUpdate, wait: IWait): Promise<ILiveOutcome>;
}

/** The part of the client that a ship needs. */
export interface IShipping {
  startShip(request: ShipRequestInput, note: ShipNote): Promise<ShipStarted>;
  followShip(id: string, onStep: (event: StepEvent) => void): Promise<ShipResult>;
  cancelShip(id: string): Promise<void>;
}
