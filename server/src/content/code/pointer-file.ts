import { createHash } from 'node:crypto';
import type { CodeArchive, CodePointer } from '../../contract/manifest.js';
import { POINTER_HASH_DIGITS, POINTER_SCHEMA, POINTER_SEQUENCE_DIGITS } from '../../contract/pointer-name.js';
import { bufferPayload } from '../../payloads/buffer.js';
import type { Payload } from '../../payloads/payload.js';

/** Content of a pointer file, and the hash in its name, which is the beginning of the content's sha256. */
export function codePointerContent(code: readonly CodeArchive[]): { content: string; hash: string } {
  const pointer: CodePointer = {
    schema: POINTER_SCHEMA,
    archives: code
      .map(({ fileName, bytes, sha256, modules }) => ({ file: fileName, bytes, sha256, modules: [...modules].sort() }))
      .sort((a, b) => (a.file < b.file ? -1 : 1))
  };
  const content = `${JSON.stringify(pointer)}\n`;
  return { content, hash: createHash('sha256').update(content).digest('hex').slice(0, POINTER_HASH_DIGITS) };
}

/**
 * The pointer file for the start of a session. It has sequence 0, so that every later one in the running session wins. The same
 * code gives the same name, so that a target holds it once.
 */
export function codePointerFile(code: readonly CodeArchive[]): { name: string; content: string } {
  const { content, hash } = codePointerContent(code);
  return { name: `ship-env-code-${'0'.repeat(POINTER_SEQUENCE_DIGITS)}-${hash}.json`, content };
}

/** {@link codePointerFile} as a payload; undefined when there is no editable to point at. */
export function pointerPayload(code: readonly CodeArchive[]): Payload | undefined {
  if (code.length === 0) return undefined;
  const { name, content } = codePointerFile(code);
  return bufferPayload(name, Buffer.from(content));
}
