import type { Editable } from '../../contract/snapshot.js';
import { stayHome, type StayHomeOptions } from '../stay-home.js';
import { archiveEditable, type ArchiveOptions } from './archive.js';

/** A code archive that is in the cache, ready to go. */
export type ArchivedCode = Awaited<ReturnType<typeof archiveEditable>>;

/** The editables whose code ships: an editable stays home by the same names as a distribution. */
export function shippedEditables(editables: readonly Editable[], options: StayHomeOptions): Editable[] {
  const staysHome = stayHome(options);
  return editables.filter(({ normalizedName }) => !staysHome(normalizedName));
}

/** The code archives of editables, in their order. */
export async function archiveAll(editables: readonly Editable[], options: ArchiveOptions): Promise<ArchivedCode[]> {
  const archives: ArchivedCode[] = [];
  for (const editable of editables) archives.push(await archiveEditable(editable, options));
  return archives;
}
