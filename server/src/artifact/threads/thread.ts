/** The program of one thread: performs the tasks that it is sent, one after the other. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { perform } from './perform.js';
import { slotAt } from './slot.js';
import type { Task } from './tasks.js';

/** Each of them leaves a compressed piece behind, outside the heap, where V8 would let 32 MB pile up. */
const TASKS_BETWEEN_COLLECTIONS = 4;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
const memory = workerData as SharedArrayBuffer;
let tasks = 0;

parentPort?.on('message', ({ task, slot }: { task: Task; slot: number }) => {
  parentPort?.postMessage(perform(task, slotAt(memory, slot)));
  tasks += 1;
  if (tasks % TASKS_BETWEEN_COLLECTIONS === 0) collect({ type: 'minor' });
});
