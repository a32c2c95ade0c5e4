import type { ShipRequest, ShipResult } from '../contract/ship.js';
import type { Outputs, Shipped } from '../deployments/deployment.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import { acceptRequest } from './accept.js';
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
    const found = asShipped(shipped);
    return { ...configWith(found, await arrange(found, target.access, accepted)), driverPython };
  } finally {
    target.close();
  }
}

/**
 * The Spark config of what a target holds under a name. It needs no environment on this machine, and writes nothing to the
 * target.
 *
 * @throws ShipEnvError what `acceptRequest` and `shippedByName` throw
 */
export async function configByName(
  asked: NamedRequest,
  named: NamedShip,
  { signal }: Pick<ConfigContext, 'signal'>
): Promise<Config> {
  const target = await openTarget(asked.target);
  try {
    const { shipped, outputs } = await outputsByName(asked, named, target, signal);
    return { ...configWith(shipped, outputs), driverPython: undefined };
  } finally {
    target.close();
  }
}

/** A request that chooses no environment of this machine. */
export type NamedRequest = Omit<ShipRequest, 'python'>;

/**
 * What a target holds under a name, and how to use it. Writes nothing to the target.
 *
 * @throws as {@link configByName}
 */
export async function outputsByName(
  asked: NamedRequest,
  named: NamedShip,
  target: Target,
  signal: AbortSignal
): Promise<{ shipped: Shipped; outputs: Outputs }> {
  const accepted = await acceptRequest(asked, target);
  const shipped = await shippedByName(target, named, signal);
  return { shipped, outputs: await arrange(shipped, target.access, accepted) };
}

function configWith({ manifest, code }: Shipped, outputs: Outputs): Omit<Config, 'driverPython'> {
  const { id, format, artifact } = manifest;
  return {
    ...wireOutputs(outputs),
    shipped: {
      artifact: { id, name: artifact.name, format, bytes: artifact.bytes },
      code: code.map(({ fileName }) => fileName)
    }
  };
}
