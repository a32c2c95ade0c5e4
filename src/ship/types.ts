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

/** Where a ship stands. The last three are ends. */
export type ShipState = 'running' | 'cancelling' | 'done' | 'cancelled' | 'failed';

/** What a running ship does just now. */
export type ShipPhase = 'kernel' | 'ship' | 'cell' | 'session';

/** Why the kernel did not answer yet. */
export type KernelWait = 'busy' | 'starting';

/** One step of the pipeline, as far as it came. */
export interface IStep {
  readonly name: StepName;
  /** `waiting`: other ships go first. */
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

/** What became of the cell. */
export type CellOutcome =
  | { readonly state: 'inserted' | 'kept' }
  | { readonly state: 'updated'; readonly wasEdited: boolean }
  /** The ship went well and there was no place to write to any more. */
  | { readonly state: 'notebook-closed' | 'notebook-read-only' };

/** What became of the session that the kernel runs. */
export interface ILiveOutcome {
  /** `none`: there is no session. `current`: it has this code already. `postponed`: the kernel is busy and nobody waited. */
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

/** Where a ship stands: all that a text about it needs. */
export interface IShipFacts {
  readonly notebookName: string;
  readonly target: TargetSettings | null;
  readonly state: ShipState;
  readonly phase: ShipPhase;
  /** Not null while the kernel is asked and does not answer. */
  readonly waitsFor: KernelWait | null;
  readonly steps: readonly IStep[];
  /** Set in the state `done`. */
  readonly outcome: IShipOutcome | null;
  /** Set in the state `failed`. */
  readonly error: ShipEnvError | null;
  /** In the state `cancelled`: everything was on the target, and published, before the cancel arrived. It stays there. */
  readonly isCancelledTooLate: boolean;
}

/** One press of the button, from the press to its end. */
export interface IShip extends IShipFacts {
  readonly id: string;
  /** Of the notebook that it was started from. */
  readonly notebookPath: string;
  readonly log: readonly ILogLine[];
  readonly isRunning: boolean;
  readonly changed: ISignal<IShip, void>;
  /** Cancels; while the running session is updated, stops to wait for the kernel. */
  cancel(): void;
  /** Brings the notebook to the front and its cell into view. */
  showCell(): Promise<void>;
  /** Opens the notebook of a ship that ended without a notebook to write to, and writes the cell. Never rejects. */
  insertCell(): Promise<void>;
}

/** The notebook that a ship was started from. It may be closed and opened again meanwhile. */
export interface INotebook {
  readonly name: string;
  /** Path of the file, as Jupyter's contents API names it. */
  readonly path: string;
  /** @throws ShipEnvError NOTEBOOK_READ_ONLY */
  assertWritable(): void;
  /** Writes the cell as soon as the page has opened what it opens at its start, or says why not. */
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
  /** Hands new code to the session that the kernel runs. Throws as `python` does. */
  update(live: LiveUpdate, wait: IWait): Promise<ILiveOutcome>;
}

/** The part of the client that a ship needs. */
export interface IShipping {
  startShip(request: ShipRequestInput, note: ShipNote): Promise<ShipStarted>;
  followShip(id: string, onStep: (event: StepEvent) => void): Promise<ShipResult>;
  cancelShip(id: string): Promise<void>;
}
