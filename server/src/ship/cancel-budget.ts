import { LAST_GRACE_MS } from '../system/process/last-grace.js';
import { LONGEST_CLEAN_UP_MS } from '../targets/index.js';
import { UNDO_TIMEOUT_MS } from './undo/journal.js';

/**
 * How long the process of a cancelled ship may take to end, for any kind of target. After that time a waiting parent
 * may kill it (jupyterlab_ship_env/ship_process.py). First the write under way undoes its work, then the objects that
 * were written before are removed. Processes and threads of the build end at the same time.
 */
export const CANCEL_BUDGET_MS = LONGEST_CLEAN_UP_MS + UNDO_TIMEOUT_MS + LAST_GRACE_MS;
