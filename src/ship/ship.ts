import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type {
  InsertPosition,
  LiveUpdate,
  ShipResult,
  StepEvent,
  TargetSettings
} from '../../server/src/contract/index.js';
import { ShipEnvError, toShipEnvError } from '../errors.js';
import type { IShipContext } from './context.js';
import { followOrCancel } from './follow.js';
import { ShipLog } from './log.js';
import { updateSession } from './session.js';
import { initialSteps, withEvent } from './steps.js';
import type {
  ILiveOutcome,
  ILogLine,
  IShip,
  IShipOutcome,
  IStep,
  IWait,
  KernelWait,
  ShipPhase,
  ShipState
} from './types.js';
import { resumed, startOrJoin, type IFoundShip, type IUnderWay } from './under-way.js';

/**
 * One press of the button: ask the kernel, ship, write the cell, update the running session. A ship that was found
 * running does only the remaining phases.
 *
 * Knows no widget and no notification: views listen to `changed`.
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
  private _insertPosition: InsertPosition = 'before-session';
  private _isDisposed = false;

  constructor(
    readonly id: string,
    private readonly _context: IShipContext,
    private readonly _found: IFoundShip | null = null
  ) {
    this._log = new ShipLog(_context.trans);
    if (_found === null) return;
    this._phase = 'ship';
    this._target = _found.target;
  }

  get notebookName(): string {
    return this._context.notebook.name;
  }
  get notebookPath(): string {
    return this._context.notebook.path;
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

  /** Runs the ship to its end. Never rejects: the state tells how the ship ended. Call it once. */
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

  async insertCell(): Promise<void> {
    const { notebook } = this._context;
    const outcome = this._outcome;
    if (outcome === null) return;
    try {
      await notebook.open();
      const cell = await notebook.write(outcome.result.cell, this._insertPosition);
      this._outcome = { ...outcome, cell };
      this._log.cell(this._outcome);
      await notebook.showCell();
    } catch (error) {
      this._log.notOpened(error);
    }
    this._emit();
  }

  dispose(): void {
    if (this._isDisposed) return;
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private async _run(): Promise<IShipOutcome> {
    const { notebook } = this._context;
    this._log.started(notebook.name);
    const { id, target, insertPosition, isOurs } = this._found === null ? await this._start() : resumed(this._found);
    this._target = target;
    this._insertPosition = insertPosition;
    if (!isOurs) this._log.joined(target);
    const result = await this._follow(id);
    this._enter('cell');
    const cell = await notebook.write(result.cell, insertPosition);
    const live = await this._updateSession(result.live);
    return { result, cell, live, ms: isOurs ? performance.now() - this._startedAt : result.ms };
  }

  private async _start(): Promise<IUnderWay> {
    const { notebook, trans } = this._context;
    const { signal } = this._abort;
    const options = await this._context.options();
    const { target } = options.request;
    this._target = target;
    this._emit();
    notebook.assertWritable();
    const kernel = this._context.kernel();
    if (kernel === null) {
      throw new ShipEnvError('KERNEL_MISSING', trans.__('The notebook was closed before its kernel was asked.'), {
        hint: trans.__('Open the notebook and ship again.')
      });
    }
    const python = await kernel.python(this._wait(signal));
    this._log.shipping(python, target);
    signal.throwIfAborted();
    this._enter('ship');
    return startOrJoin(this._context, options, python);
  }

  private async _follow(id: string): Promise<ShipResult> {
    const { signal } = this._abort;
    const result = await followOrCancel(this._context.client, id, event => this._onStep(event), signal);
    // The ship was faster than the cancel. The environment stays on the target, and the notebook stays as it is.
    this._isCancelledTooLate = signal.aborted;
    signal.throwIfAborted();
    return result;
  }

  private async _updateSession(live: LiveUpdate | undefined): Promise<ILiveOutcome> {
    const kernel = this._context.kernel();
    if (live === undefined || kernel === null) return { state: 'none', message: '' };
    this._enter('session');
    return updateSession(kernel, live, this._wait(this._stopWaiting.signal), this._log);
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
