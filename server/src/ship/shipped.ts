import type { ArchivedEditable } from '../content/code/archive.js';
import { archiveAll } from '../content/code/shipped.js';
import { pointerPayload } from '../content/code/pointer-file.js';
import type { Manifest } from '../contract/manifest.js';
import type { ShipRequest } from '../contract/ship.js';
import type { Cache } from '../system/cache/cache.js';
import { notShippedError } from '../targets/object-errors.js';
import type { Target } from '../targets/target.js';
import { codeByPointer, manifestById } from '../trust/by-name.js';
import { isHeld } from '../trust/compare.js';
import { releaseByName } from '../trust/releases.js';
import type { Shipped } from '../deployments/deployment.js';
import { shippedAs } from './arrange.js';
import { inspect } from './inspect.js';
import type { StepRunner } from './steps.js';

/** An environment as a target holds it. */
export interface ShippedEnvironment {
  readonly manifest: Manifest;
  readonly code: readonly ArchivedEditable[];
  /** Path of the kernel python. */
  readonly driverPython: string;
}

/**
 * Finds the environment, in its present state and with its code, on a target. Writes nothing to the target.
 *
 * @throws ShipEnvError as `inspect` and `archiveAll` do; ARTIFACT_NOT_SHIPPED when the target lacks the artifact or a code
 *   archive; TARGET_CONFLICT when it holds something else under one of the names
 */
export async function shippedEnvironment(
  request: ShipRequest,
  target: Target,
  steps: Pick<StepRunner<'snapshot' | 'plan'>, 'run'>,
  { cache, signal }: { readonly cache: Cache; readonly signal: AbortSignal }
): Promise<ShippedEnvironment> {
  const { snapshot, plan, editables, published, verified } = await inspect(request, target, steps, { cache, signal });
  if (published === undefined) throw notShippedError(target.url, plan.id);
  const { allowSecrets } = request;
  const code = await archiveAll(editables, { cache, signal, allowSecrets });
  const pointer = pointerPayload(code.map(({ archive }) => archive));
  for (const payload of [...code.map(each => each.payload), ...(pointer === undefined ? [] : [pointer])]) {
    const found = await target.stat(payload.name, signal);
    if (!(await isHeld(target, payload, found, { verified, signal }))) throw notShippedError(target.url, payload.name);
  }
  await verified.save();
  return { manifest: published, code, driverPython: snapshot.interpreter.executable };
}

/** What was shipped, for a caller that has no environment: a release, or the names of objects. */
export type NamedShip = { readonly release: string } | NamedObjects;

interface NamedObjects {
  /** Id of an artifact. */
  readonly artifact: string;
  /** Name of a pointer file; undefined for no code. */
  readonly code?: string | undefined;
  /** sha256 of the manifest's bytes, when it is known. */
  readonly sha256?: string | undefined;
}

/**
 * What a target holds under these names.
 *
 * @throws ShipEnvError USAGE_INVALID, RELEASE_UNKNOWN, ARTIFACT_NOT_SHIPPED, TARGET_CONFLICT
 */
export async function shippedByName(target: Target, named: NamedShip, signal: AbortSignal): Promise<Shipped> {
  const { artifact, code, sha256 } = 'release' in named ? await objectsOf(target, named.release, signal) : named;
  const manifest = await manifestById(target, artifact, signal, sha256);
  return shippedAs(manifest, code === undefined ? [] : await codeByPointer(target, code, signal), code);
}

async function objectsOf(target: Target, name: string, signal: AbortSignal): Promise<NamedObjects> {
  const { artifact, manifestSha256, code } = await releaseByName(target, name, signal);
  return { artifact, sha256: manifestSha256, code: code ?? undefined };
}
