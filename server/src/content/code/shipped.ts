import type { Editable } from '../../contract/snapshot.js';
import { stayHome, type StayHomeOptions } from '../stay-home.js';
import { archiveEditable, type ArchiveOptions, type ArchivedEditable } from './archive.js';

/** The editables whose code ships. The same names keep an editable home as a distribution. */
export function shippedEditables(editables: readonly Editable[], options: StayHomeOptions): Editable[] {
  const staysHome = stayHome(options);
  return editables.filter(({ normalizedName }) => !staysHome(normalizedName));
}

/** The code archives of editables, in the same order. */
export async function archiveAll(editables: readonly Editable[], options: ArchiveOptions): Promise<ArchivedEditable[]> {
  const archives: ArchivedEditable[] = [];
  for (const editable of editables) archives.push(await archiveEditable(editable, options));
  return archives;
}
