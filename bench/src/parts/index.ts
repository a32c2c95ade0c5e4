/** The parts of the benchmark, in their order. */
import { archive } from './archive.js';
import { beforeAfter } from './before-after.js';
import { cold } from './cold.js';
import { firstTask } from './first-task.js';
import { growth } from './growth.js';
import { hdfs } from './hdfs.js';
import { large } from './large.js';
import { memory } from './memory.js';
import { oneLine } from './one-line.js';
import type { Part } from './part.js';
import { scale } from './scale.js';
import { tinyPackage } from './tiny-package.js';
import { unchanged } from './unchanged.js';
import { upload } from './upload.js';

/** All parts. A new part is a file in this folder and a name in this list. */
export const PARTS: readonly Part[] = [
  beforeAfter,
  cold,
  unchanged,
  tinyPackage,
  archive,
  oneLine,
  upload,
  hdfs,
  growth,
  memory,
  large,
  firstTask,
  scale
];
