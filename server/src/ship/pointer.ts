import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { codePointerFile } from '../deployments/spark/index.js';
import type { Payload } from '../targets/target.js';
import type { ArchivedCode } from './prepare.js';

/** The pointer file of a first session as a payload; undefined when there is no editable to point at. */
export function pointerPayload(code: readonly ArchivedCode[]): Payload | undefined {
  if (code.length === 0) return undefined;
  const { name, content } = codePointerFile(code.map(({ archive }) => archive));
  const bytes = Buffer.from(content, 'utf8');
  return {
    name,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    open: range => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end)])
  };
}
