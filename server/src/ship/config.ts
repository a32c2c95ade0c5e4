import type { ShipRequest, ShipResult } from '../contract/ship.js';
import type { Outputs } from '../deployments/deployment.js';
import { plain } from '../deployments/plain/plain.js';
import { openTarget } from '../targets/index.js';
import { acceptRequest } from './accept.js';
import { arrange, wireOutputs } from './arrange.js';
import { readAgainIfChanged } from './read-again.js';
import type { ShipContext } from './run.js';
import { shippedEnvironment } from './shipped.js';
import { StepRunner } from './steps.js';

/** The part of the context that a config needs. */
type ConfigContext = Pick<ShipContext, 'cache' | 'signal'>;

/** How to use a shipped environment: with Spark, and without ({@link Outputs.command}). */
export type Config = Pick<ShipResult, 'conf' | 'cell' | 'live'> &
  Required<Pick<Outputs, 'command'>> & { readonly driverPython: string };

/**
 * The Spark config of an environment that was shipped before, and the path of the kernel python, which a driver on this
 * machine runs. Writes nothing to the target.
 *
 * @throws ShipEnvError what `acceptRequest` throws; ARTIFACT_NOT_SHIPPED when the target lacks the artifact or a code
 *   archive; TARGET_CONFLICT when it holds something else under one of the names
 */
export async function configOf(asked: ShipRequest, context: ConfigContext): Promise<Config> {
  return readAgainIfChanged(() => configNow(asked, context), context.signal);
}

async function configNow(asked: ShipRequest, { cache, signal }: ConfigContext): Promise<Config> {
  const target = await openTarget(asked.target);
  try {
    const accepted = await acceptRequest(asked, target);
    const steps = new StepRunner(() => undefined, signal);
    const { driverPython, ...shipped } = await shippedEnvironment(accepted.request, target, steps, { cache, signal });
    const outputs = await arrange(shipped, target.access, accepted);
    const { command = [] } = await arrange(shipped, target.access, { ...accepted, deployment: plain });
    return { ...wireOutputs(outputs), driverPython, command };
  } finally {
    target.close();
  }
}
