import type { Patience } from './store/store.js';

/** For ships: as the AWS SDKs retry, and long enough for a store that puts gigabytes together. */
export const SHIP_PATIENCE: Patience = { connectMs: 5000, idleMs: 60_000, attempts: 3 };
/** For the check: someone is looking at the button. */
export const CHECK_PATIENCE: Patience = { connectMs: 5000, idleMs: 10_000, attempts: 1 };

/** How long requests on their way may take to end when the upload has failed or was cancelled. */
export const GRACE_MS = 3000;
/** How long the removal of a failed upload may take. */
export const ABORT_MS = 30_000;
/** How long the look after a failed or aborted write may take, and again the removal of what it made all the same. */
export const SETTLE_MS = 10_000;

/**
 * How long a write that was cancelled may take until it has undone what it did: what comes one after the other, at worst.
 *
 * It begins with a request that is never cut, since nobody would know what became of it. Such a request gets the time of
 * one attempt. A store that does not answer within that time is taken for gone: its other answers would be late as well.
 */
export const CLEAN_UP_MS = SHIP_PATIENCE.connectMs + SHIP_PATIENCE.idleMs + GRACE_MS + ABORT_MS + 2 * SETTLE_MS;
