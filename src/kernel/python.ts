import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvError } from '../errors.js';
import type { IWait } from '../ship/types.js';
import { whileAlive } from './alive.js';
import { evaluate } from './evaluate.js';

/**
 * `sys.executable`, and behind a line feed `no pyspark` when the kernel cannot import it. The kernel knows best: its
 * environment, PYTHONPATH, SPARK_HOME by way of findspark, a cell that changed `sys.path`. Nothing is imported.
 */
const EXPRESSION =
  '(lambda sys, util: (sys.executable or "") + ("" if sys.modules.get("pyspark") or util.find_spec("pyspark") else "\\nno pyspark"))' +
  '(__import__("sys"), __import__("importlib.util").util)';

/**
 * Asks a kernel which python it runs. The driver of the session will run in the kernel, so pyspark must be there.
 *
 * The kernel itself is asked because its kernelspec does not tell: wrappers, environment variables and `conda run` all
 * decide later.
 *
 * @returns `sys.executable`, an absolute path on the kernel's machine
 * @throws ShipEnvError KERNEL_NOT_PYTHON, KERNEL_NO_PYSPARK, KERNEL_DIED or KERNEL_FAILED; the signal's reason
 */
export async function kernelPython(
  kernel: Kernel.IKernelConnection,
  wait: IWait,
  trans: TranslationBundle
): Promise<string> {
  await assertPython(kernel, wait, trans);
  const answer = await evaluate(kernel, { code: '', expression: EXPRESSION }, wait, trans);
  const [executable = '', note] = answer.split('\n');
  if (note !== undefined) throw withoutPyspark(executable, trans);
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

function withoutPyspark(executable: string, trans: TranslationBundle): ShipEnvError {
  return new ShipEnvError(
    'KERNEL_NO_PYSPARK',
    trans.__('The cell of this notebook needs pyspark; the kernel %1 cannot import it.', executable),
    {
      hint: trans.__(
        "Run %pip install pyspark==<the cluster's version>, then ship again. Where Spark is installed on this machine: %pip install findspark, and import findspark; findspark.init()."
      )
    }
  );
}
