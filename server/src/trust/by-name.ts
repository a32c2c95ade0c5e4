import { createHash } from 'node:crypto';
import { codePointer, type CodeArchive, type Manifest } from '../contract/manifest.js';
import { POINTER_NAME } from '../contract/pointer-name.js';
import { ShipEnvError } from '../errors.js';
import { manifestName } from '../formats/manifest.js';
import { formatByName } from '../formats/registry.js';
import { readSmall } from '../targets/reading.js';
import type { Target } from '../targets/target.js';
import { parseJson } from '../text/json.js';
import { inconsistencyOf, notBelievedError } from './believe.js';
import { MANIFEST_NAME, SHA256 } from './names.js';
import { parseManifest } from './published.js';
import { manifestDigest } from './releases.js';

const POINTER = new RegExp(`^${POINTER_NAME}$`, 'u');

type Readable = Pick<Target, 'url' | 'access' | 'read'>;

/**
 * Reads the manifest of an artifact by its id, or by its file name, which a ship prints. There is no environment to compare
 * the manifest with, so it is only checked for contradictions, and against its digest where that is known.
 *
 * @param sha256 - of the manifest's bytes
 * @throws ShipEnvError USAGE_INVALID, ARTIFACT_NOT_SHIPPED, TARGET_CONFLICT
 */
export async function manifestById(
  target: Readable,
  artifact: string,
  signal: AbortSignal,
  sha256?: string
): Promise<Manifest> {
  return (await identifiedManifest(target, artifact, signal, sha256)).manifest;
}

/** As {@link manifestById}, with the sha256 of the manifest's bytes. */
export async function identifiedManifest(
  target: Readable,
  artifact: string,
  signal: AbortSignal,
  wanted?: string
): Promise<{ manifest: Manifest; sha256: string }> {
  const id = idOf(artifact);
  const name = manifestName(id);
  if (!MANIFEST_NAME.test(name))
    throw notAName('an artifact', 'env- and 20 hexadecimal digits, as ship-env list prints it', artifact);
  const content = await readSmall(target, name, signal);
  if (content === undefined) throw notThere(target, name);
  const sha256 = manifestDigest(content);
  if (wanted !== undefined && sha256 !== wanted) {
    throw new ShipEnvError(
      'TARGET_CONFLICT',
      `${target.access.uri(name)} should have the sha256 ${wanted}, and has ${sha256}.`,
      {
        hint: 'It was removed and shipped anew, or something else changed it. Make a new release of what is there now.'
      }
    );
  }
  const manifest = parseManifest(content, name, target.access.uri(name));
  const wrong = inconsistencyOf(manifest, id);
  if (wrong !== undefined) throw notBelievedError(target.access.uri(name), { id }, wrong);
  return { manifest, sha256 };
}

function idOf(artifact: string): string {
  const suffix = formatByName(artifact)?.fileName('') ?? '';
  return artifact.slice(0, artifact.length - suffix.length);
}

/**
 * The code archives that a pointer file names. The hash in the pointer file's own name proves its content.
 *
 * @throws ShipEnvError USAGE_INVALID, ARTIFACT_NOT_SHIPPED, TARGET_CONFLICT
 */
export async function codeByPointer(target: Readable, name: string, signal: AbortSignal): Promise<CodeArchive[]> {
  const [, , hash] = POINTER.exec(name) ?? [];
  if (hash === undefined)
    throw notAName('a pointer file', 'ship-env-code-…-….json, as ship-env config prints it', name);
  const content = await readSmall(target, name, signal);
  if (content === undefined) throw notThere(target, name);
  const pointer = codePointer.safeParse(parseJson(content.toString('utf8'))).data;
  const isWhole = createHash('sha256').update(content).digest('hex').startsWith(hash);
  if (!isWhole || !pointer?.archives.every(({ sha256 }) => SHA256.test(sha256))) {
    throw new ShipEnvError(
      'TARGET_CONFLICT',
      `${target.access.uri(name)} does not have the content that its name says.`,
      { hint: 'Something else wrote or changed it. Delete it there and ship again.' }
    );
  }
  return pointer.archives.map(({ file, ...archive }) => ({ name: file, fileName: file, ...archive }));
}

function notAName(what: string, wanted: string, found: string): ShipEnvError {
  return new ShipEnvError(
    'USAGE_INVALID',
    `${JSON.stringify(found)} is not the name of ${what}, which looks like this: ${wanted}.`,
    {
      hint: 'See ship-env run --help.'
    }
  );
}

function notThere({ url }: Readable, name: string): ShipEnvError {
  return new ShipEnvError('ARTIFACT_NOT_SHIPPED', `${url} does not hold ${name}.`, {
    hint: 'See what is there with ship-env list, or run "ship-env ship" first: prune may have removed it.'
  });
}
