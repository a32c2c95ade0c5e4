import type { Release } from '../contract/release.js';
import { isShipEnvError, ShipEnvError } from '../errors.js';
import { bufferPayload } from '../payloads/buffer.js';
import type { PayloadFacts } from '../payloads/payload.js';
import type { Cache } from '../system/cache/cache.js';
import { notShippedError } from '../targets/object-errors.js';
import type { Target } from '../targets/target.js';
import { writeLock } from '../targets/write-lock.js';
import { codeByPointer, identifiedManifest } from '../trust/by-name.js';
import { findRelease, releaseByName, releaseBytes, releaseFileName, requireReleaseName } from '../trust/releases.js';

/** What a release is to name. */
export interface ReleaseWish {
  readonly name: string;
  /** Id of an artifact on the target. */
  readonly artifact: string;
  /** Name of a pointer file on the target; undefined for no code. */
  readonly code: string | undefined;
}

/**
 * Checks that a release of this name could be made: there is none, or it names the same artifact.
 *
 * @throws ShipEnvError RELEASE_EXISTS, USAGE_INVALID, TARGET_CONFLICT
 */
export async function requireFreeRelease(
  target: Target,
  { name, artifact }: Pick<ReleaseWish, 'name' | 'artifact'>,
  signal: AbortSignal
): Promise<void> {
  const found = await findRelease(target, name, signal);
  if (found !== undefined && found.artifact !== artifact) throw existsError(target, found, artifact);
}

/**
 * Makes a release of what is on a target. A release of the same name that names the same is left as it is. No prune of this
 * machine runs meanwhile.
 *
 * @throws ShipEnvError RELEASE_EXISTS when a release of this name names something else; ARTIFACT_NOT_SHIPPED when the target
 *   lacks something that the release would name; USAGE_INVALID, TARGET_*
 */
export async function makeRelease(
  target: Target,
  wish: ReleaseWish,
  { cache, signal }: { readonly cache: Cache; readonly signal: AbortSignal }
): Promise<Release> {
  return cache.exclusively(writeLock(target), signal, held => makeUnderLock(target, wish, held));
}

/** What a release names. @throws as `releaseByName` */
export function showRelease(target: Target, name: string, signal: AbortSignal): Promise<Release> {
  return releaseByName(target, name, signal);
}

/**
 * Removes a release, also one that cannot be read. What it names stays.
 *
 * @throws ShipEnvError RELEASE_UNKNOWN, so that a misspelt name is noticed; USAGE_INVALID, TARGET_*
 */
export async function removeRelease(
  target: Target,
  name: string,
  { cache, signal }: { readonly cache: Cache; readonly signal: AbortSignal }
): Promise<void> {
  requireReleaseName(name);
  await cache.exclusively(writeLock(target), signal, async held => {
    if ((await target.stat(releaseFileName(name), held)) === undefined) await releaseByName(target, name, held);
    await target.remove(releaseFileName(name), held);
  });
}

async function makeUnderLock(
  target: Target,
  { name, artifact, code }: ReleaseWish,
  signal: AbortSignal
): Promise<Release> {
  const { manifest, sha256 } = await identifiedManifest(target, artifact, signal);
  const archives = code === undefined ? [] : await codeByPointer(target, code, signal);
  const needed = [...archives.map(({ fileName, bytes }) => ({ name: fileName, bytes })), manifest.artifact];
  for (const each of needed) await requireThere(target, each, signal);
  const wanted: Release = { schema: 1, name, artifact: manifest.id, manifestSha256: sha256, code: code ?? null };
  const payload = bufferPayload(releaseFileName(name), releaseBytes(wanted));
  const before = await findRelease(target, name, signal);
  if (before === undefined) {
    const arrival = await target.write(payload, { signal }).catch((error: unknown) => {
      // A writer that was faster wrote a release of another size.
      if (error instanceof ShipEnvError && error.code === 'TARGET_CONFLICT') return undefined;
      throw error;
    });
    await arrival?.verify(signal);
    if (arrival !== undefined) await requireNothingGone(target, { release: payload.name, wanted, needed }, signal);
  }
  const found = await findRelease(target, name, signal);
  if (found === undefined) throw notShippedError(target.url, payload.name);
  if (!releaseBytes(found).equals(releaseBytes(wanted))) throw existsError(target, found, artifact);
  return found;
}

/**
 * Looks once more for what a new release names. A removal by another machine, which had looked for releases before this one
 * was written, may have come between. Then the release goes, too.
 */
async function requireNothingGone(
  target: Target,
  of: { release: string; wanted: Release; needed: readonly Pick<PayloadFacts, 'name' | 'bytes'>[] },
  signal: AbortSignal
): Promise<void> {
  try {
    await identifiedManifest(target, of.wanted.artifact, signal);
    if (of.wanted.code !== null) await codeByPointer(target, of.wanted.code, signal);
    for (const each of of.needed) await requireThere(target, each, signal);
  } catch (error) {
    if (isShipEnvError(error, 'ARTIFACT_NOT_SHIPPED')) await target.remove(of.release, signal);
    throw error;
  }
}

async function requireThere(
  target: Target,
  { name, bytes }: Pick<PayloadFacts, 'name' | 'bytes'>,
  signal: AbortSignal
): Promise<void> {
  if ((await target.stat(name, signal))?.bytes !== bytes) throw notShippedError(target.url, name);
}

function existsError({ url }: Target, found: Release, artifact: string): ShipEnvError {
  return new ShipEnvError(
    'RELEASE_EXISTS',
    `The release ${found.name} on ${url} names ${found.artifact} with ${found.code ?? 'no code'}, and was to name ` +
      `${artifact === found.artifact ? `${artifact} with other code` : artifact}.`,
    {
      hint: 'A release never changes. Choose another name, or remove this release first: ship-env release <name> --remove'
    }
  );
}
