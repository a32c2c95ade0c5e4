import type { Editable } from '../../contract/snapshot.js';
import { stayHome, type StayHomeOptions } from '../stay-home.js';
import { archiveEditable, type ArchiveOptions } from './archive.js';

/** A code archive in the cache, ready to be sent. */
export type ArchivedCode = Awaited<ReturnType<typeof archiveEditable>>;

/** The editables whose code ships. The same names keep an editable home as a distribution. */
export function shippedEditables(editables: readonly Editable[], options: StayHomeOptions): Editable[] {
  const staysHome = stayHome(options);
  return editables.filter(({ normalizedName }) => !staysHome(normalizedName));
}

/** The code archives of editables, in the same order. */
export async function archiveAll(editables: readonly Editable[], options: ArchiveOptions): Promise<ArchivedCode[]> {
  const archives: ArchivedCode[] = [];
  for (const editable of editables) archives.push(await archiveEditable(editable, options));
  return archives;
}
