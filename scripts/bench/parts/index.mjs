/** The parts of the benchmark, in their order. */
import { beforeAfter } from './before-after.mjs';
import { cold } from './cold.mjs';
import { firstTask } from './first-task.mjs';
import { growth } from './growth.mjs';
import { large } from './large.mjs';
import { memory } from './memory.mjs';
import { oneLine } from './one-line.mjs';
import { tinyPackage } from './tiny-package.mjs';
import { unchanged } from './unchanged.mjs';
import { upload } from './upload.mjs';

/**
 * @typedef {object} Part
 * @property {string} name as `--only` takes it
 * @property {string} title
 * @property {(bench: import('../context.mjs').Bench) => Promise<void>} run puts what it found into `bench.results`
 */

/** @type {readonly Part[]} */
export const PARTS = [beforeAfter, cold, unchanged, tinyPackage, oneLine, upload, growth, memory, large, firstTask];
