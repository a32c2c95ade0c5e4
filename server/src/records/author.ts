import { createHash } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import type { Author } from './previous.js';
import { hasCode } from '../errors.js';
import { VERSION } from '../system/version.js';

/** Characters of a text in a record. */
const MAX_TEXT = 255;

/**
 * Who ships, and which environment. The path of the environment stays here: its last folder and a hash are enough to
 * recognise it.
 *
 * @param prefix - the folder of the environment
 */
export function authorOf(prefix: string): Author {
  return {
    by: personHere(),
    environment: {
      name: short(basename(prefix)),
      key: createHash('sha256').update(prefix).digest('hex').slice(0, 16)
    }
  };
}

/** Who runs this process, where, and with which release of ship-env. */
export function personHere(): Author['by'] {
  return { user: short(userName()), host: short(hostname()), version: short(VERSION) };
}

/** In a container the user id may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ERR_SYSTEM_ERROR')) throw error;
    return String(process.getuid?.() ?? '');
  }
}

/** Cut to the length that a record allows. */
export function short(text: string): string {
  return text.slice(0, MAX_TEXT);
}
