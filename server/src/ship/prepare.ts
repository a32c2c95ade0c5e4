import { stayHome } from '../artifact/index.js';
import type { Cache } from '../cache/cache.js';
import { archiveEditable } from '../code/index.js';
import { manifest as manifestSchema, type Manifest } from '../contract/manifest.js';
import type { ShipRequest } from '../contract/ship.js';
import type { Editable, Finding } from '../contract/snapshot.js';
import { ShipEnvError } from '../errors.js';
import type { Target } from '../targets/target.js';

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
  options: { cache: Cache; signal: AbortSignal; onArchive?: (editable: Editable) => void }
): Promise<ArchivedCode[]> {
  const archives: ArchivedCode[] = [];
  for (const editable of editables) {
    options.onArchive?.(editable);
    archives.push(
      await archiveEditable(editable, {
        cache: options.cache,
        signal: options.signal,
        allowSecrets: request.allowSecrets
      })
    );
  }
  return archives;
}

/**
 * The manifest that the target holds for an artifact, undefined when the artifact is not there: not yet, or not any more.
 *
 * @throws ShipEnvError TARGET_CONFLICT when something else lies under either name
 */
export async function publishedManifest(
  target: Target,
  id: string,
  signal: AbortSignal
): Promise<Manifest | undefined> {
  const name = `${id}.json`;
  const content = await target.read(name, signal);
  if (content === undefined) return undefined;
  const manifest = parseManifest(content, target.uri(name));
  const artifact = await target.head(manifest.artifact.name, signal);
  if (artifact === undefined) return undefined;
  if (artifact.bytes !== manifest.artifact.bytes) {
    throw new ShipEnvError(
      'TARGET_CONFLICT',
      `${target.uri(name)} says that the artifact ${manifest.artifact.name} has ${manifest.artifact.bytes} bytes; ` +
        `the target has ${artifact.bytes} bytes.`,
      { hint: 'Someone changed the target by hand. Delete both objects there and ship again.' }
    );
  }
  return manifest;
}

/** @throws ShipEnvError TARGET_CONFLICT when the content is not a manifest */
export function parseManifest(content: Buffer, uri: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(content.toString('utf8')));
  } catch (cause) {
    throw new ShipEnvError(
      'TARGET_CONFLICT',
      `A manifest was expected in ${uri}; what is there cannot be read as one.`,
      {
        hint: 'Something else wrote into this prefix, or a newer ship-env did. Use another prefix, or update ship-env.',
        cause
      }
    );
  }
}

/** Every finding of a ship, in the order in which they came up. */
export function allFindings(...sources: readonly { readonly findings: readonly Finding[] }[]): Finding[] {
  return sources.flatMap(source => source.findings);
}
