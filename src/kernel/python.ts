import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvError } from '../errors.js';
import type { IWait } from '../ship/types.js';
import { whileAlive } from './alive.js';
import { evaluate } from './evaluate.js';

/**
 * Gives `sys.executable`, followed by a line feed and `no pyspark` when the kernel cannot import pyspark. Only the
 * kernel knows that: it depends on its environment, PYTHONPATH, findspark with SPARK_HOME, and cells that changed
 * `sys.path`. The expression imports nothing.
 */
const EXPRESSION =
  '(lambda sys, util: (sys.executable or "") + ("" if sys.modules.get("pyspark") or util.find_spec("pyspark") else "\\nno pyspark"))' +
  '(__import__("sys"), __import__("importlib.util").util)';

/**
 * Asks a kernel which python it runs. The driver of the session will run in the kernel, so pyspark must be there.
 *
 * The kernelspec does not tell the python: wrappers, environment variables and `conda run` decide later. So the kernel
 * itself is asked.
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
  // The kernelspec tells the language at once, also while the kernel is busy. Without a kernelspec the kernel itself is
  // asked.
  const spec = await whileAlive(kernel, wait, trans, () => kernel.spec);
  const language = spec?.language ?? (await whileAlive(kernel, wait, trans, () => kernel.info)).language_info.name;
  if (language.toLowerCase() === 'python') return;
  throw new ShipEnvError(
    'KERNEL_NOT_PYTHON',
    trans.__('A ship needs a Python kernel; the kernel of this notebook is "%1" (%2).', kernel.name, language),
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
