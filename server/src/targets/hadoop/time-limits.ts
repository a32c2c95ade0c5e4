/** How long a cancelled write may take to remove its temporary file. */
export const CLEAN_UP_MS = 30_000;
