import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { liveOutcome, type LiveUpdate } from '../../server/src/contract/index.js';
import { ShipEnvError } from '../errors.js';
import type { ILiveOutcome, IWait } from '../ship/types.js';
import { evaluate } from './evaluate.js';

/**
 * Gives new code to the session that the kernel runs, if there is one.
 *
 * @throws ShipEnvError SESSION_UPDATE_FAILED when the answer is not what the contract says; as {@link evaluate} throws
 */
export async function updateSession(
  kernel: Kernel.IKernelConnection,
  live: LiveUpdate,
  wait: IWait,
  trans: TranslationBundle
): Promise<ILiveOutcome> {
  const text = await evaluate(kernel, { code: live.source, expression: live.expression }, wait, trans);
  const parsed = liveOutcome.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ShipEnvError('SESSION_UPDATE_FAILED', trans.__('The running session gave an unexpected answer: %1', text), {
    hint: trans.__('Restart the kernel and run the notebook: the cell has the new configuration.'),
    cause: parsed.error
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
