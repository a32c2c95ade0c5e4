import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvError } from '../errors.js';
import type { IWait, KernelWait } from '../ship/types.js';

/** After one of these states, an earlier request gets no answer. */
const GONE: readonly KernelMessage.Status[] = ['dead', 'terminating', 'restarting', 'autorestarting'];
const STARTING: readonly KernelMessage.Status[] = ['unknown', 'starting'];

/**
 * Waits for an answer that only a living kernel can give.
 *
 * Without this, a request to a kernel that dies or is replaced would wait for ever: Jupyter does not always reject it.
 *
 * @param request - sends the request; called once
 * @throws ShipEnvError KERNEL_DIED; the signal's reason; what `request` rejects with while the kernel lives
 */
export async function whileAlive<T>(
  kernel: Kernel.IKernelConnection,
  wait: IWait,
  trans: TranslationBundle,
  request: () => Promise<T>
): Promise<T> {
  wait.signal.throwIfAborted();
  if (isGone(kernel)) throw died(trans);
  const watch = new AliveWatch(kernel, wait, trans);
  try {
    wait.onWait(waitReason(kernel));
    return await Promise.race([watch.gone, request()]);
  } catch (error) {
    // Jupyter itself rejects some requests when the kernel goes away, with its own error.
    if (!(error instanceof ShipEnvError) && !wait.signal.aborted && isGone(kernel)) throw died(trans, error);
    throw error;
  } finally {
    wait.onWait(null);
    watch.dispose();
  }
}

/** A promise that rejects as soon as the kernel goes away or the signal aborts. */
class AliveWatch {
  readonly gone: Promise<never>;
  private _reject: (reason: unknown) => void = () => undefined;

  constructor(
    private readonly _kernel: Kernel.IKernelConnection,
    private readonly _wait: IWait,
    private readonly _trans: TranslationBundle
  ) {
    this.gone = new Promise<never>((_, reject) => {
      this._reject = reject;
    });
    _kernel.statusChanged.connect(this._onKernelChanged, this);
    _kernel.connectionStatusChanged.connect(this._onKernelChanged, this);
    _kernel.disposed.connect(this._onDisposed, this);
    _wait.signal.addEventListener('abort', this._onAbort);
  }

  dispose(): void {
    this._kernel.statusChanged.disconnect(this._onKernelChanged, this);
    this._kernel.connectionStatusChanged.disconnect(this._onKernelChanged, this);
    this._kernel.disposed.disconnect(this._onDisposed, this);
    this._wait.signal.removeEventListener('abort', this._onAbort);
  }

  private readonly _onKernelChanged = (): void => {
    if (isGone(this._kernel)) this._onDisposed();
  };

  private readonly _onDisposed = (): void => {
    this._reject(died(this._trans));
  };

  private readonly _onAbort = (): void => {
    this._reject(this._wait.signal.reason);
  };
}

function isGone(kernel: Kernel.IKernelConnection): boolean {
  return kernel.isDisposed || kernel.connectionStatus === 'disconnected' || GONE.includes(kernel.status);
}

function waitReason(kernel: Kernel.IKernelConnection): KernelWait | null {
  if (kernel.status === 'busy') return 'busy';
  return STARTING.includes(kernel.status) ? 'starting' : null;
}

function died(trans: TranslationBundle, cause?: unknown): ShipEnvError {
  return new ShipEnvError('KERNEL_DIED', trans.__('The kernel died, restarted or was replaced before it answered.'), {
    hint: trans.__('Wait until the kernel is idle or start another one, then ship again.'),
    cause
  });
}
