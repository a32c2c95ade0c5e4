import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvError } from '../errors.js';
import type { IWait } from '../ship/types.js';
import { whileAlive } from './alive.js';
import { evaluate } from './evaluate.js';

/**
 * Asks a kernel which python it runs.
 *
 * The kernel itself is asked because its kernelspec does not tell: wrappers, environment variables and `conda run` all
 * decide later.
 *
 * @returns `sys.executable`, an absolute path on the kernel's machine
 * @throws ShipEnvError KERNEL_NOT_PYTHON, KERNEL_DIED or KERNEL_FAILED; the signal's reason
 */
export async function kernelPython(
  kernel: Kernel.IKernelConnection,
  wait: IWait,
  trans: TranslationBundle
): Promise<string> {
  await assertPython(kernel, wait, trans);
  const executable = await evaluate(
    kernel,
    { code: '', expression: '__import__("sys").executable or ""' },
    wait,
    trans
  );
  if (executable !== '') return executable;
  throw new ShipEnvError('KERNEL_FAILED', trans.__('The kernel does not know the path of its python.'), {
    hint: trans.__('Choose a kernel that is started from a virtual environment.')
  });
}

async function assertPython(kernel: Kernel.IKernelConnection, wait: IWait, trans: TranslationBundle): Promise<void> {
  // The kernelspec answers at once, also while the kernel is busy; a kernel without one answers for itself.
  const spec = await whileAlive(kernel, wait, trans, () => kernel.spec);
  const language = spec?.language ?? (await whileAlive(kernel, wait, trans, () => kernel.info)).language_info.name;
  if (language.toLowerCase() === 'python') return;
  throw new ShipEnvError(
    'KERNEL_NOT_PYTHON',
    trans.__('A Python kernel was wanted; the kernel of this notebook is "%1" (%2).', kernel.name, language),
    { hint: trans.__('Choose a Python kernel with Kernel > Change Kernel, then ship again.') }
  );
}
