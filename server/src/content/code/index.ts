/** Code archives: which files of an editable ship, and the zip that contains them. */
export { archiveEditable, type ArchiveOptions, type ArchivedEditable } from './archive.js';
export { SKIP_RULES, type CodeFile, type SkipRule, type Skipped } from './files.js';
export { listShippedFiles, type Listing } from './listing.js';
