import { createHash } from 'node:crypto';
import type { Manifest } from '../../contract/manifest.js';

/** Increase it with every change that gives other bytes for the same identity: of order, records, index. */
const FORMAT = 'ship-env pex 3';

const PREFIX = 'env-';
export const ARTIFACT_ID_DIGITS = 20;

/** Number of characters of an artifact's id. The `sh` header reads this number of bytes from the end of the file. */
export const ARTIFACT_ID_LENGTH = PREFIX.length + ARTIFACT_ID_DIGITS;

/** Everything that an artifact's id covers. The index of the artifact contains the same, so that a node can check the id. */
export interface ArtifactIdentity {
  readonly python: Manifest['python'];
  /** sha256 of the head, lower-case hex. */
  readonly head: string;
  /** The entries of the tail without the index, in order, with the sha256 of each content. */
  readonly own: readonly { readonly name: string; readonly sha256: string }[];
  /** In the order of the file. */
  readonly segments: readonly { readonly wheel: string; readonly key: string; readonly rank: number }[];
}

/**
 * The id of an artifact: `env-` and 20 hexadecimal digits of a sha256. The hashed text is a sequence of fields; each ends with
 * NUL, which no field contains. A node computes the same id in Python (ship_env_node/identity.py).
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
