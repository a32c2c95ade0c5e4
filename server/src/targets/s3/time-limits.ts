import type { ConnectionLimits } from './store/store.js';

/** For ships: as many attempts as the AWS SDKs make, and enough time for a store that assembles gigabytes. */
export const SHIP_LIMITS: ConnectionLimits = { connectMs: 5000, idleMs: 60_000, attempts: 3 };
/** For the check of a target: a person waits in front of the button. */
export const CHECK_LIMITS: ConnectionLimits = { connectMs: 5000, idleMs: 10_000, attempts: 1 };

/** How long requests in flight may take to end when the upload has failed or was cancelled. */
export const GRACE_MS = 3000;
/** How long the removal of a failed upload may take. */
export const ABORT_MS = 30_000;
/**
 * How long the check after a failed or aborted write may take. The removal of an object that the write made all the
 * same may take this long again.
 */
export const SETTLE_MS = 10_000;

/**
 * How long a cancelled write may take to undo its work: the sum of all steps, at worst.
 *
 * The first step is a request that is never cut, since nobody would know its outcome. Such a request gets the time of
 * one attempt. When a store does not answer within that time, its other answers would be late as well.
 */
export const CLEAN_UP_MS = SHIP_LIMITS.connectMs + SHIP_LIMITS.idleMs + GRACE_MS + ABORT_MS + 2 * SETTLE_MS;
