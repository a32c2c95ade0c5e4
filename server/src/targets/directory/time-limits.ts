/**
 * How long a cancelled write may take to remove its temporary file. A sync to the disk cannot be cut short.
 */
export const CLEAN_UP_MS = 30_000;
