/**
 * How long a write that was cancelled may take until its temporary file is gone. A file that is being synced to the disk is
 * synced to its end.
 */
export const CLEAN_UP_MS = 30_000;
