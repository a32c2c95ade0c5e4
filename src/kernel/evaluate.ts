import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvError } from '../errors.js';
import type { IWait } from '../ship/types.js';
import { whileAlive } from './alive.js';

/** How often we ask again: a kernel drops queued requests when a cell before them fails. */
const MAX_ABORTED = 20;

const ANSWER = 'ship_env';

/** The code to run and the expression to read afterwards. */
export interface IQuestion {
  /** Python source, run silently and without history; may be empty. */
  readonly code: string;
  /** Python expression whose value is a `str`. */
  readonly expression: string;
}

/**
 * Asks a Python kernel for the value of an expression. Leaves no trace in its history and does not count as an execution.
 *
 * @returns the text
 * @throws ShipEnvError KERNEL_DIED when the kernel goes away or restarts meanwhile, KERNEL_FAILED when Python raises;
 *   the signal's reason when aborted (the kernel still answers a request that was sent already, and the answer is
 *   ignored)
 */
export async function evaluate(
  kernel: Kernel.IKernelConnection,
  question: IQuestion,
  wait: IWait,
  trans: TranslationBundle
): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const content = await whileAlive(kernel, wait, trans, () => ask(kernel, question));
    if (content.status === 'ok') return answerIn(content, trans);
    if (content.status === 'error') throw failed(content.ename, content.evalue, content.traceback, trans);
    if (attempt === MAX_ABORTED) {
      throw new ShipEnvError('KERNEL_FAILED', trans.__('The kernel dropped the request again and again.'), {
        hint: trans.__('Interrupt the kernel, then try again.')
      });
    }
  }
}

async function ask(
  kernel: Kernel.IKernelConnection,
  question: IQuestion
): Promise<KernelMessage.IExecuteReplyMsg['content']> {
  const future = kernel.requestExecute({
    code: question.code,
    silent: true,
    store_history: false,
    allow_stdin: false,
    // An error in our request must not make the kernel drop the cells that the person queued after it.
    stop_on_error: false,
    // The reply holds the repr of the value. Base64 needs no escapes, so its repr is the text in quotes.
    user_expressions: { [ANSWER]: `__import__("base64").b64encode((${question.expression}).encode()).decode()` }
  });
  return (await future.done).content;
}

function answerIn(
  content: KernelMessage.IReplyOkContent & { user_expressions?: unknown },
  trans: TranslationBundle
): string {
  const expressions: unknown = content.user_expressions;
  const answer: unknown = isRecord(expressions) ? expressions[ANSWER] : undefined;
  if (isRecord(answer)) {
    if (answer['status'] === 'error') throw failed(String(answer['ename']), String(answer['evalue']), [], trans);
    const repr = isRecord(answer['data']) ? answer['data']['text/plain'] : undefined;
    const base64 = typeof repr === 'string' ? /^'([A-Za-z0-9+/=]*)'$/.exec(repr)?.[1] : undefined;
    if (base64 !== undefined) return decode(base64);
  }
  throw new ShipEnvError('KERNEL_FAILED', trans.__('The answer of the kernel is not that of a Python kernel.'), {
    hint: trans.__('Choose an IPython kernel for this notebook.')
  });
}

function failed(name: string, value: string, traceback: readonly string[], trans: TranslationBundle): ShipEnvError {
  return new ShipEnvError('KERNEL_FAILED', trans.__('Python raised %1 in the kernel: %2', name, value), {
    hint: trans.__('Restart the kernel, then try again.'),
    cause: traceback.length > 0 ? [traceback.join('\n')] : undefined
  });
}

function decode(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), character => character.charCodeAt(0)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
