import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Cache } from '../system/cache/cache.js';
import { issuesText } from '../contract/issues.js';
import { manifest as manifestSchema, type Manifest } from '../contract/manifest.js';
import { ShipEnvError, isShipEnvError } from '../errors.js';
import type { ArtifactPlan } from '../formats/format.js';
import { manifestName } from '../formats/manifest.js';
import { readSmall } from '../targets/reading.js';
import type { Target } from '../targets/target.js';
import { differenceFromPlan, replaceHint, inconsistencyOf, notBelievedError } from './believe.js';
import { isHeld, type CompareOptions } from './compare.js';
import { BY_CONTENT } from './verified.js';

/** The environment that a manifest must describe, and how to check it. */
export interface PlannedArtifact {
  readonly id: string;
  /** File name of the artifact. */
  readonly name: string;
  whole(): Promise<ArtifactPlan>;
}

/**
 * Reads the manifest of an artifact and checks it: it must agree with the plan of the environment, and the artifact
 * beside it must have the sha256 in the manifest. Undefined when the artifact is not on the target.
 *
 * @param plan - computed only when this manifest was not checked before
 * @throws ShipEnvError TARGET_CONFLICT when the manifest or the artifact is another one
 */
export async function publishedManifest(
  target: Target,
  plan: PlannedArtifact,
  { cache, ...options }: CompareOptions & { cache: Cache }
): Promise<Manifest | undefined> {
  const { verified, signal } = options;
  const name = manifestName(plan.id);
  const [content, found] = await Promise.all([readSmall(target, name, signal), target.stat(plan.name, signal)]);
  if (content === undefined) return undefined;
  const manifest = parseManifest(content, name, target.access.uri(name));
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (!verified.holds(name, BY_CONTENT, sha256)) {
    const wrong = inconsistencyOf(manifest, plan.id) ?? (await differenceFromPlan(manifest, await plan.whole(), cache));
    if (wrong !== undefined) throw notBelievedError(target.access.uri(name), plan, wrong);
    verified.add(name, BY_CONTENT, sha256);
  }
  try {
    return (await isHeld(target, manifest.artifact, found, options)) ? manifest : undefined;
  } catch (error) {
    throw isShipEnvError(error, 'TARGET_CONFLICT') ? artifactDiffers(error, plan) : error;
  }
}

/** The error about an artifact that differs from its manifest. Nobody can tell which of the two was changed. */
function artifactDiffers({ message, cause }: ShipEnvError, { id, name }: PlannedArtifact): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', message, {
    hint: `Something changed it or its manifest, or a copy was interrupted. ${replaceHint(name, manifestName(id))}`,
    cause
  });
}

/** @throws ShipEnvError TARGET_CONFLICT when the content is not a manifest */
export function parseManifest(content: Buffer, name: string, uri = name): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(content.toString('utf8')));
  } catch (cause) {
    throw new ShipEnvError(
      'TARGET_CONFLICT',
      `${uri} ${content.length === 0 ? 'is empty' : 'cannot be read as a manifest'}.`,
      {
        hint:
          'Something else wrote or changed it, or a newer ship-env did: then update this one. ' +
          `${replaceHint(name)} Or use another prefix.`,
        cause: cause instanceof z.ZodError ? new Error(issuesText(cause)) : cause
      }
    );
  }
}
