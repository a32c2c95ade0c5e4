import { createHash } from 'node:crypto';
import type { Manifest } from '../../contract/manifest.js';

/** Changes with everything that gives other bytes for the same identity: order, records, index. */
const FORMAT = 'ship-env pex 3';

const PREFIX = 'env-';
export const ARTIFACT_ID_DIGITS = 20;

/** Characters of an artifact's id. The artifact's own header reads as many bytes from the end of the file. */
export const ARTIFACT_ID_LENGTH = PREFIX.length + ARTIFACT_ID_DIGITS;

/** All that an artifact's id vouches for. The index of the artifact holds the same, so that a node can check it. */
export interface ArtifactIdentity {
  readonly python: Manifest['python'];
  /** sha256 of the head, lower-case hex. */
  readonly head: string;
  /** The entries of the tail but the index, in their order; sha256 of the content. */
  readonly own: readonly { readonly name: string; readonly sha256: string }[];
  /** In the order of the file. */
  readonly segments: readonly { readonly wheel: string; readonly key: string; readonly rank: number }[];
}

/**
 * The id of an artifact: `env-` and 20 hexadecimal digits of a sha256. The text under the sha256 is a row of fields, each
 * ended by NUL, which no field holds: so a node computes the same in another language (ship_env_node/identity.py).
 */
export function artifactId({ python, head, own, segments }: ArtifactIdentity): string {
  const { implementation, minor, pythonTag, abiTag, platformTag } = python;
  const fields = [
    FORMAT,
    ...[implementation, minor, pythonTag, abiTag, platformTag],
    head,
    ...own.flatMap(({ name, sha256 }) => ['own', name, sha256]),
    ...segments.flatMap(({ wheel, key, rank }) => ['segment', wheel, key, String(rank)])
  ];
  const hash = createHash('sha256').update(fields.map(field => `${field}\0`).join(''));
  return PREFIX + hash.digest('hex').slice(0, ARTIFACT_ID_DIGITS);
}
