import { createHash } from 'node:crypto';
import { manifestName, stayHome } from '../formats/index.js';
import type { Cache } from '../cache/cache.js';
import { archiveEditable, type ArchiveOptions } from '../content/code/index.js';
import { manifest as manifestSchema, type Manifest } from '../contract/manifest.js';
import type { ShipRequest } from '../contract/ship.js';
import type { Editable, Finding } from '../contract/snapshot.js';
import { ShipEnvError, isShipEnvError } from '../errors.js';
import type { Target } from '../targets/target.js';
import { differenceFromPlan, howToReplace, inconsistencyOf, notBelieved } from './believe.js';
import { isHeld, type CompareOptions } from './compare.js';
import type { LazyPlan } from './plan.js';
import { BY_CONTENT } from './verified.js';

/** A code archive that is in the cache, ready to go. */
export type ArchivedCode = Awaited<ReturnType<typeof archiveEditable>>;

/** The editables whose code ships: what stays home does so as an editable, too. */
export function shippedEditables(editables: readonly Editable[], request: ShipRequest): Editable[] {
  const staysHome = stayHome(request);
  return editables.filter(({ normalizedName }) => !staysHome(normalizedName));
}

/** The code archives of all editables, in the snapshot's order. */
export async function archiveAll(
  editables: readonly Editable[],
  request: ShipRequest,
  options: Pick<ArchiveOptions, 'cache' | 'signal' | 'onProgress'>
): Promise<ArchivedCode[]> {
  const archives: ArchivedCode[] = [];
  for (const editable of editables) {
    archives.push(await archiveEditable(editable, { ...options, allowSecrets: request.allowSecrets }));
  }
  return archives;
}

/** What a manifest must be of, and how to find out. */
export type Named = Pick<LazyPlan, 'id' | 'name' | 'whole'>;

/**
 * The manifest that the target holds for an artifact, undefined when the artifact is not there: not yet, or not any more.
 * It says what the environment's own plan says, and the artifact beside it has the sha256 that it claims.
 *
 * @param plan - looked into only when this very manifest was not believed before
 * @throws ShipEnvError TARGET_CONFLICT when something else lies under either name
 */
export async function publishedManifest(
  target: Target,
  plan: Named,
  { cache, ...options }: CompareOptions & { cache: Cache }
): Promise<Manifest | undefined> {
  const { verified, signal } = options;
  const name = manifestName(plan.id);
  const [content, found] = await Promise.all([target.read(name, signal), target.head(plan.name, signal)]);
  if (content === undefined) return undefined;
  const manifest = parseManifest(content, name, target.uri(name));
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (!verified.holds(name, BY_CONTENT, sha256)) {
    const wrong = inconsistencyOf(manifest, plan.id) ?? (await differenceFromPlan(manifest, await plan.whole(), cache));
    if (wrong !== undefined) throw notBelieved(target.uri(name), plan, wrong);
    verified.add(name, BY_CONTENT, sha256);
  }
  try {
    return (await isHeld(target, manifest.artifact, found, options)) ? manifest : undefined;
  } catch (error) {
    throw isShipEnvError(error, 'TARGET_CONFLICT') ? artifactDiffers(error, plan) : error;
  }
}

/** Which of the two was changed nobody can say. */
function artifactDiffers({ message, cause }: ShipEnvError, { id, name }: Named): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', message, {
    hint: `Something changed it or its manifest, or a copy was interrupted. ${howToReplace(name, manifestName(id))}`,
    cause
  });
}

/** @throws ShipEnvError TARGET_CONFLICT when the content is not a manifest */
export function parseManifest(content: Buffer, name: string, uri = name): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(content.toString('utf8')));
  } catch (cause) {
    const found = content.length === 0 ? 'it is empty and' : 'what is there';
    throw new ShipEnvError('TARGET_CONFLICT', `A manifest was expected in ${uri}; ${found} cannot be read as one.`, {
      hint:
        'Something else wrote or changed it, or a newer ship-env did: then update this one. ' +
        `${howToReplace(name)} Or use another prefix.`,
      cause
    });
  }
}

/** Every finding of a ship, in the order in which they came up. */
export function allFindings(...sources: readonly { readonly findings: readonly Finding[] }[]): Finding[] {
  return sources.flatMap(source => source.findings);
}
