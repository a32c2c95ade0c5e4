import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LiveUpdate } from '../../server/src/contract/index.js';
import { ShipEnvError } from '../errors.js';
import type { IKernel, ILiveOutcome, IWait } from '../ship/types.js';
import { updateSession } from './live-update.js';
import { kernelPython } from './python.js';

/**
 * The python of each kernel, so that a person who ships again while a long cell runs need not wait for the kernel. A
 * restart of the kernel removes its entry.
 */
const knownPythons = new WeakMap<Kernel.IKernelConnection, string>();

/** The kernel of a notebook for one ship: the kernel that the notebook has at the first request. */
export class NotebookKernel implements IKernel {
  private _kernel: Kernel.IKernelConnection | null = null;

  constructor(
    private readonly _session: ISessionContext,
    private readonly _trans: TranslationBundle
  ) {}

  async python(wait: IWait): Promise<string> {
    const kernel = await this._connection(wait);
    const known = knownPythons.get(kernel);
    if (known !== undefined) return known;
    const python = await kernelPython(kernel, wait, this._trans);
    knownPythons.set(kernel, python);
    kernel.statusChanged.connect(forgetWhenRestarted);
    return python;
  }

  async update(live: LiveUpdate, wait: IWait): Promise<ILiveOutcome> {
    return updateSession(await this._connection(wait), live, wait, this._trans);
  }

  private async _connection(wait: IWait): Promise<Kernel.IKernelConnection> {
    if (this._kernel !== null) return this._kernel;
    if (!this._session.isReady) {
      wait.onWait('starting');
      await Promise.race([this._session.ready, aborted(wait.signal)]);
      wait.onWait(null);
    }
    const kernel = this._session.session?.kernel;
    if (kernel) return (this._kernel = kernel);
    throw new ShipEnvError(
      'KERNEL_MISSING',
      this._trans.__("A ship takes the environment of the notebook's kernel, and this notebook has no kernel."),
      {
        hint: this._trans.__('Choose a Python kernel with Kernel > Change Kernel, then ship again.')
      }
    );
  }
}

function forgetWhenRestarted(kernel: Kernel.IKernelConnection, status: Kernel.Status): void {
  if (status !== 'restarting' && status !== 'autorestarting') return;
  knownPythons.delete(kernel);
  kernel.statusChanged.disconnect(forgetWhenRestarted);
}

async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise(resolve => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  signal.throwIfAborted();
}
