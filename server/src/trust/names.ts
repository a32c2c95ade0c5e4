/** Name of a manifest on a target. */
export const MANIFEST_NAME = /^env-[0-9a-f]{20}\.json$/u;

/** A sha256 in a manifest or pointer file. */
export const SHA256 = /^[0-9a-f]{64}$/u;

/** The id of an artifact, from the name of its manifest. */
export function idOf(manifestName: string): string {
  return manifestName.replace(/\.json$/u, '');
}
