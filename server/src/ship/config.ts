import { archiveAll } from '../content/code/shipped.js';
import { pointerPayload } from '../content/code/pointer-file.js';
import type { ShipRequest, ShipResult } from '../contract/ship.js';
import { ShipEnvError } from '../errors.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import { isHeld } from '../trust/compare.js';
import { acceptRequest } from './accept.js';
import { arrange, wireOutputs } from './arrange.js';
import { inspect } from './inspect.js';
import { readAgainIfChanged } from './read-again.js';
import type { ShipContext } from './run.js';
import { StepRunner } from './steps.js';

/** What a config needs from where it runs. */
type ConfigContext = Pick<ShipContext, 'cache' | 'signal'>;

/**
 * The Spark config of an environment as it was shipped before, and the path of the kernel python, which a driver on this
 * machine runs. Writes nothing to the target.
 *
 * @throws ShipEnvError what `acceptRequest` throws; ARTIFACT_NOT_SHIPPED when the target lacks the artifact or a code
 *   archive; TARGET_CONFLICT when it holds something else under one of the names
 */
export async function configOf(
  asked: ShipRequest,
  context: ConfigContext
): Promise<Pick<ShipResult, 'conf' | 'cell' | 'live'> & { driverPython: string }> {
  return readAgainIfChanged(() => configNow(asked, context), context.signal);
}

async function configNow(
  asked: ShipRequest,
  { cache, signal }: ConfigContext
): Promise<Pick<ShipResult, 'conf' | 'cell' | 'live'> & { driverPython: string }> {
  const target = await openTarget(asked.target);
  try {
    const accepted = acceptRequest(asked, target);
    const steps = new StepRunner(() => undefined, signal);
    const { snapshot, plan, editables, published, verified } = await inspect(accepted.request, target, steps, {
      cache,
      signal
    });
    if (published === undefined) throw notShipped(target, plan.id);
    const { allowSecrets } = accepted.request;
    const code = await archiveAll(editables, { cache, signal, allowSecrets });
    const pointer = pointerPayload(code.map(({ archive }) => archive));
    for (const payload of [...code.map(each => each.payload), ...(pointer === undefined ? [] : [pointer])]) {
      const found = await target.look(payload.name, signal);
      if (!(await isHeld(target, payload, found, { verified, signal }))) throw notShipped(target, payload.name);
    }
    await verified.save();
    const outputs = await arrange({ manifest: published, code }, target.access, accepted);
    return { ...wireOutputs(outputs), driverPython: snapshot.interpreter.executable };
  } finally {
    target.close();
  }
}

function notShipped(target: Target, name: string): ShipEnvError {
  return new ShipEnvError('ARTIFACT_NOT_SHIPPED', `${target.url} was expected to hold ${name}; it does not.`, {
    hint: 'The environment or its code changed since the last ship, or was never shipped there. Run "ship-env ship" first.'
  });
}
