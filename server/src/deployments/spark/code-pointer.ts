import { createHash } from 'node:crypto';
import type { CodeArchive, CodePointer } from '../../contract/manifest.js';

/** Digits of the sequence: as many as 2^64 has, so that names sort like numbers. */
const SEQUENCE_DIGITS = 20;
/** Hexadecimal digits of the content hash in the name. */
const HASH_DIGITS = 32;

/** What a pointer file is called, with its sequence and hash: a regular expression, for Python too (ship_env_code.py). */
export const POINTER_NAME = String.raw`ship-env-code-([0-9]{${SEQUENCE_DIGITS}})-([0-9a-f]{${HASH_DIGITS}})\.json`;

/** Content of a pointer file, and the hash in its name: the beginning of the content's sha256. */
export function codePointerContent(code: readonly CodeArchive[]): { content: string; hash: string } {
  const pointer: CodePointer = {
    schema: 2,
    archives: code
      .map(({ fileName, bytes, sha256, modules }) => ({ file: fileName, bytes, sha256, modules: [...modules].sort() }))
      .sort((a, b) => (a.file < b.file ? -1 : 1))
  };
  const content = `${JSON.stringify(pointer)}\n`;
  return { content, hash: createHash('sha256').update(content).digest('hex').slice(0, HASH_DIGITS) };
}

/**
 * The pointer file that a session starts with: sequence 0, so that every later one in the running session beats it,
 * and the same name for the same code, so that a target holds it once.
 */
export function codePointerFile(code: readonly CodeArchive[]): { name: string; content: string } {
  const { content, hash } = codePointerContent(code);
  return { name: `ship-env-code-${'0'.repeat(SEQUENCE_DIGITS)}-${hash}.json`, content };
}
