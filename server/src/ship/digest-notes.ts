import * as z from 'zod';
import { parseJson } from '../text/json.js';
import type { ShipContext } from './run.js';

/** Name of the file in the local cache that keeps the notes about contents for the next process. */
const NAME = 'notes.json';
const notes = z.array(z.tuple([z.string(), z.string()]));

/** Loads the notes of earlier processes about contents into a memory that has no notes yet. */
export async function loadNotes({ cache, digests }: Pick<ShipContext, 'cache' | 'digests'>): Promise<void> {
  if (digests === undefined || digests.notes.size > 0) return;
  const content = await cache.hint('digests', NAME);
  const known = content && notes.safeParse(parseJson(content.toString('utf8'))).data;
  for (const [name, value] of known ?? []) digests.notes.set(name, value);
  digests.noted();
}

/** Saves the notes of a memory if there are new ones. @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL */
export async function saveNotes({ cache, digests }: Pick<ShipContext, 'cache' | 'digests'>): Promise<void> {
  if (digests?.hasNews !== true) return;
  await cache.replace('digests', NAME, JSON.stringify([...digests.notes.entries()]));
  digests.noted();
}
