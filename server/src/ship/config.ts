import type { ShipRequest } from '../contract/ship.js';
import { ShipEnvError } from '../errors.js';
import { lookAtEnvironment } from '../environment/index.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import { acceptRequest } from './accept.js';
import { isHeld } from './compare.js';
import { configure, type Configured } from './configure.js';
import { planLazily } from './plan.js';
import { archiveAll, publishedManifest, shippedEditables } from './prepare.js';
import { pointerPayload } from './pointer.js';
import { readAgainIfChanged } from './read-again.js';
import type { ShipContext } from './ship.js';
import { Verified } from './verified.js';

/**
 * The Spark config of an environment as it was shipped before, and the path of the kernel python, which a driver on this
 * machine runs. Writes nothing to the target.
 *
 * @throws ShipEnvError what `acceptRequest` throws; ARTIFACT_NOT_SHIPPED when the target lacks the artifact or a code
 *   archive; TARGET_CONFLICT when it holds something else under one of the names
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
    const verified = await Verified.open(cache, target);
    const manifest = await publishedManifest(target, plan, { cache, verified, signal });
    if (manifest === undefined) throw notShipped(target, plan.id);
    const code = await archiveAll(shippedEditables(snapshot.editables, request), request, { cache, signal });
    const pointer = pointerPayload(code);
    for (const payload of [...code.map(({ payload }) => payload), ...(pointer === undefined ? [] : [pointer])]) {
      const found = await target.head(payload.name, signal);
      if (!(await isHeld(target, payload, found, { verified, signal }))) throw notShipped(target, payload.name);
    }
    await verified.save();
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
