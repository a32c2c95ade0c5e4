import { statusOf } from './answer.js';
import { headObject } from './objects.js';
import type { S3Store } from './store.js';

/**
 * Sends a request that creates an object, unless there is one of that name; goes on without what the store does not
 * have. Without conditional writes a look must do: of two ships in the same instant the later one then replaces an
 * object by one of the same content.
 *
 * @param request - reads the store's flags anew each time
 * @returns false when the name is taken, or is just being taken
 */
export async function unlessTaken(store: S3Store, name: string, request: () => Promise<unknown>): Promise<boolean> {
  for (;;) {
    if (!store.conditional && (await headObject(store, name)) !== undefined) return false;
    try {
      await request();
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status === 412 || status === 409) return false;
      if (status !== 501 || !goWithout(store)) throw error;
    }
  }
}

/** Not Implemented: leaves out what is the newest first. False when nothing is left to leave out. */
function goWithout(store: S3Store): boolean {
  if (store.conditional) store.conditional = false;
  else if (store.checksums) store.checksums = false;
  else return false;
  return true;
}
