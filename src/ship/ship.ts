import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type {
  LiveUpdate,
  ShipRequestInput,
  ShipResult,
  StepEvent,
  TargetSettings
} from '../../server/src/contract/index.js';
import { ShipEnvError, toShipEnvError } from '../errors.js';
import type { InsertPosition } from '../settings.js';
import { ShipLog } from './log.js';
import { initialSteps, withEvent } from './steps.js';
import type {
  ILiveOutcome,
  ILogLine,
  IKernel,
  INotebook,
  IShip,
  IShipOutcome,
  IShipping,
  IStep,
  IWait,
  KernelWait,
  ShipPhase,
  ShipState
} from './types.js';

/** What a ship asks for, read from the settings when it starts. */
export interface IShipOptions {
  readonly request: Omit<ShipRequestInput, 'python'> & { readonly target: TargetSettings };
  readonly insertPosition: InsertPosition;
}

/** What a ship works with. */
export interface IShipContext {
  readonly notebook: INotebook;
  readonly kernel: IKernel;
  readonly client: IShipping;
  /** Reads the settings. @throws ShipEnvError SETTINGS_INVALID, TARGET_UNKNOWN */
  readonly options: () => Promise<IShipOptions>;
  readonly trans: TranslationBundle;
}

/**
 * One press of the button: ask the kernel, ship, write the cell, update the running session.
 *
 * Knows no widget and no notification; whoever shows it listens to `changed`.
 */
export class Ship implements IShip, IDisposable {
  private readonly _changed = new Signal<IShip, void>(this);
  private readonly _abort = new AbortController();
  private readonly _stopWaiting = new AbortController();
  private readonly _startedAt = performance.now();
  private readonly _log: ShipLog;
  private _state: ShipState = 'running';
  private _phase: ShipPhase = 'kernel';
  private _waitsFor: KernelWait | null = null;
  private _steps: readonly IStep[] = initialSteps();
  private _target: TargetSettings | null = null;
  private _outcome: IShipOutcome | null = null;
  private _error: ShipEnvError | null = null;
  private _isCancelledTooLate = false;
  private _isDisposed = false;

  constructor(
    readonly id: string,
    private readonly _context: IShipContext
  ) {
    this._log = new ShipLog(_context.trans);
  }

  get notebookName(): string {
    return this._context.notebook.name;
  }
  get target(): TargetSettings | null {
    return this._target;
  }
  get state(): ShipState {
    return this._state;
  }
  get phase(): ShipPhase {
    return this._phase;
  }
  get waitsFor(): KernelWait | null {
    return this._waitsFor;
  }
  get steps(): readonly IStep[] {
    return this._steps;
  }
  get log(): readonly ILogLine[] {
    return this._log.lines;
  }
  get outcome(): IShipOutcome | null {
    return this._outcome;
  }
  get error(): ShipEnvError | null {
    return this._error;
  }
  get isCancelledTooLate(): boolean {
    return this._isCancelledTooLate;
  }
  get isRunning(): boolean {
    return this._state === 'running' || this._state === 'cancelling';
  }
  get changed(): ISignal<IShip, void> {
    return this._changed;
  }
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Runs to the end. Never rejects: how it ended is its state. Call once. */
  async run(): Promise<void> {
    try {
      this._outcome = await this._run();
      this._log.outcome(this._outcome);
      this._state = 'done';
    } catch (error) {
      this._fail(error);
    }
    this._waitsFor = null;
    this._emit();
  }

  cancel(): void {
    if (this._state !== 'running') return;
    if (this._phase === 'session') {
      this._stopWaiting.abort();
      return;
    }
    this._state = 'cancelling';
    this._log.cancelling();
    this._abort.abort(new ShipEnvError('SHIP_CANCELLED', this._context.trans.__('The ship was cancelled.')));
    this._emit();
  }

  showCell(): Promise<void> {
    return this._context.notebook.showCell();
  }

  dispose(): void {
    if (this._isDisposed) return;
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private async _run(): Promise<IShipOutcome> {
    const { notebook, kernel } = this._context;
    this._log.started(notebook.name);
    const { request, insertPosition } = await this._context.options();
    this._target = request.target;
    this._emit();
    notebook.assertWritable();
    const python = await kernel.python(this._wait(this._abort.signal));
    this._log.shipping(python, request.target);
    const result = await this._ship({ ...request, python });
    this._enter('cell');
    const cell = notebook.write(result.cell, insertPosition);
    const live = await this._updateSession(result.live);
    return { result, cell, live, ms: performance.now() - this._startedAt };
  }

  private async _ship(request: ShipRequestInput): Promise<ShipResult> {
    const { client } = this._context;
    const { signal } = this._abort;
    signal.throwIfAborted();
    this._enter('ship');
    const id = await client.startShip(request);
    // A cancel that fails must show: else the person waits for an end that nobody asked for.
    const cancelled = new Promise<never>((_, reject) => {
      const cancel = (): void => void client.cancelShip(id).catch(reject);
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel, { once: true });
    });
    const result = await Promise.race([client.followShip(id, event => this._onStep(event)), cancelled]);
    // The ship was faster than the cancel: what is on the target stays there, the notebook stays as it is.
    this._isCancelledTooLate = signal.aborted;
    signal.throwIfAborted();
    return result;
  }

  /** The environment is shipped and the cell is written: whatever goes wrong from here on is told, not thrown. */
  private async _updateSession(live: LiveUpdate | undefined): Promise<ILiveOutcome> {
    if (live === undefined) return { state: 'none', message: '' };
    this._enter('session');
    try {
      return await this._context.kernel.update(live, this._wait(this._stopWaiting.signal));
    } catch (error) {
      if (this._stopWaiting.signal.aborted) return { state: 'postponed', message: '' };
      const { message, hint } = toShipEnvError(error);
      this._log.error(toShipEnvError(error));
      return { state: 'failed', message: `${message} ${hint}`.trim() };
    }
  }

  private _fail(error: unknown): void {
    const known = toShipEnvError(error);
    this._state = known.code === 'SHIP_CANCELLED' ? 'cancelled' : 'failed';
    this._error = this._state === 'failed' ? known : null;
    if (this._isCancelledTooLate) this._log.cancelledTooLate(this);
    else this._log.error(known);
  }

  private _onStep(event: StepEvent): void {
    this._steps = withEvent(this._steps, event);
    this._log.step(event);
    this._emit();
  }

  private _wait(signal: AbortSignal): IWait {
    return {
      signal,
      onWait: reason => {
        if (reason === this._waitsFor) return;
        this._waitsFor = reason;
        if (reason !== null) this._log.waiting(reason);
        this._emit();
      }
    };
  }

  private _enter(phase: ShipPhase): void {
    this._phase = phase;
    this._emit();
  }

  private _emit(): void {
    this._changed.emit();
  }
}
