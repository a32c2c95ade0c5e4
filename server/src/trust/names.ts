/** Name of a manifest on a target. */
export const MANIFEST_NAME = /^env-[0-9a-f]{20}\.json$/u;

/** The id of an artifact, from the name of its manifest. */
export function idOf(manifestName: string): string {
  return manifestName.replace(/\.json$/u, '');
}
