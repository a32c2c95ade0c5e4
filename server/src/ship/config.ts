import type { ShipRequest, ShipResult } from '../contract/ship.js';
import type { Shipped } from '../deployments/deployment.js';
import { openTarget } from '../targets/index.js';
import type { Access } from '../targets/target.js';
import { acceptRequest, type Accepted } from './accept.js';
import { arrange, asShipped, wireOutputs } from './arrange.js';
import { readAgainIfChanged } from './read-again.js';
import type { ShipContext } from './run.js';
import { shippedByName, shippedEnvironment, type NamedShip } from './shipped.js';
import { StepRunner } from './steps.js';

/** The part of the context that a config needs. */
type ConfigContext = Pick<ShipContext, 'cache' | 'signal'>;

/** How to use a shipped environment: with Spark, and without (`command`). */
export type Config = ReturnType<typeof wireOutputs> & {
  /** What was shipped, by its names on the target. */
  readonly shipped: { readonly artifact: NamedArtifact; readonly code: readonly string[] };
  /** Path of the kernel python; undefined when the environment is not on this machine. */
  readonly driverPython: string | undefined;
};
type NamedArtifact = Pick<ShipResult['artifact'], 'id' | 'name' | 'format' | 'bytes'>;

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
  const target = await openTarget(asked.target, asked.python);
  try {
    const accepted = await acceptRequest(asked, target);
    const steps = new StepRunner(() => undefined, signal);
    const { driverPython, ...shipped } = await shippedEnvironment(accepted.request, target, steps, { cache, signal });
    return { ...(await outputsOf(asShipped(shipped), target.access, accepted)), driverPython };
  } finally {
    target.close();
  }
}

/**
 * The Spark config of what a target holds under these names. It needs no environment on this machine.
 *
 * @param asked - `python` and what chooses the content of an environment are not used
 * @throws ShipEnvError what `acceptRequest` and `shippedByName` throw
 */
export async function configByName(
  asked: ShipRequest,
  names: NamedShip,
  { signal }: Pick<ConfigContext, 'signal'>
): Promise<Config> {
  const target = await openTarget(asked.target);
  try {
    const accepted = await acceptRequest(asked, target);
    const shipped = await shippedByName(target, names, signal);
    return { ...(await outputsOf(shipped, target.access, accepted)), driverPython: undefined };
  } finally {
    target.close();
  }
}

async function outputsOf(shipped: Shipped, access: Access, accepted: Accepted): Promise<Omit<Config, 'driverPython'>> {
  const outputs = await arrange(shipped, access, accepted);
  const { id, format, artifact } = shipped.manifest;
  const code = shipped.code.map(({ fileName }) => fileName);
  return {
    ...wireOutputs(outputs),
    shipped: { artifact: { id, name: artifact.name, format, bytes: artifact.bytes }, code }
  };
}
