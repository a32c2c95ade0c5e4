/** The program of one thread: it performs the tasks that it gets, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { perform } from './perform.js';
import { slotAt } from './slot.js';
import type { Task } from './tasks.js';

const memory = workerData as SharedArrayBuffer;

parentPort?.on('message', ({ task, slot }: { task: Task; slot: number }) => {
  parentPort?.postMessage(perform(task, slotAt(memory, slot)));
});
