/** Milliseconds after the outcome in which a cancelled command ends by itself, unless a read hangs. */
export const LAST_GRACE_MS = 2000;
