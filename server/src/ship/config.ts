import type { ShipRequest } from '../contract/ship.js';
import { ShipEnvError } from '../errors.js';
import { lookAtEnvironment } from '../snapshot/index.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import { acceptRequest } from './accept.js';
import { configure, type Configured } from './configure.js';
import { planLazily } from './plan.js';
import { archiveAll, publishedManifest, shippedEditables } from './prepare.js';
import { pointerPayload } from './pointer.js';
import { readAgainIfChanged } from './read-again.js';
import type { ShipContext } from './ship.js';

/**
 * The Spark config of an environment as it was shipped before, and the path of the kernel python, which a driver on this
 * machine runs. Writes nothing to the target.
 *
 * @throws ShipEnvError what `acceptRequest` throws; ARTIFACT_NOT_SHIPPED when the target lacks the artifact or a code archive
 */
export async function configOf(
  asked: ShipRequest,
  context: Omit<ShipContext, 'emit'>
): Promise<Configured & { driverPython: string }> {
  return readAgainIfChanged(() => configNow(asked, context), context.signal);
}

async function configNow(
  asked: ShipRequest,
  { cache, signal }: Omit<ShipContext, 'emit'>
): Promise<Configured & { driverPython: string }> {
  const target = await openTarget(asked.target);
  try {
    const request = acceptRequest(asked, target);
    const snapshot = await lookAtEnvironment({ python: request.python, cache, signal });
    const plan = await planLazily(snapshot, request, { cache, signal });
    const manifest = await publishedManifest(target, plan.id, signal);
    if (manifest === undefined) throw notShipped(target, plan.id);
    const code = await archiveAll(shippedEditables(snapshot.editables, request), request, { cache, signal });
    const pointer = pointerPayload(code);
    const names = [...code.map(({ payload }) => payload.name), ...(pointer === undefined ? [] : [pointer.name])];
    for (const name of names) {
      if ((await target.head(name, signal)) === undefined) throw notShipped(target, name);
    }
    const configured = await configure({ manifest, code, target }, request);
    return { ...configured, driverPython: snapshot.interpreter.executable };
  } finally {
    target.close();
  }
}

function notShipped(target: Target, name: string): ShipEnvError {
  return new ShipEnvError('ARTIFACT_NOT_SHIPPED', `${target.url} was expected to hold ${name}; it does not.`, {
    hint: 'The environment or its code changed since the last ship, or was never shipped there. Run "ship-env ship" first.'
  });
}
