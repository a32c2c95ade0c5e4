import { LAST_GRACE_MS } from '../system/process/last-grace.js';
import { LONGEST_CLEAN_UP_MS } from '../targets/index.js';
import { UNDO_TIMEOUT_MS } from './journal.js';

/**
 * How long a cancelled ship may take until its process has ended, whatever the target. Who waits for it may kill it then
 * (jupyterlab_ship_env/ship_process.py). First the write that is under way undoes what it did, then what was written
 * before is removed. Processes and threads of the build end meanwhile.
 */
export const CANCEL_BUDGET_MS = LONGEST_CLEAN_UP_MS + UNDO_TIMEOUT_MS + LAST_GRACE_MS;
