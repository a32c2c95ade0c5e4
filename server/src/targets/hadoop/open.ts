import type { Target } from '../target.js';
import { HadoopClient } from './client.js';
import { findClient } from './find-client.js';
import { HadoopTarget } from './hadoop-target.js';
import type { HadoopLocation } from './location.js';

/**
 * Opens a folder of a Hadoop file system. The client is searched with the first question.
 *
 * @param python - the kernel python, whose pyspark has a Hadoop client
 */
export function openHadoopTarget(location: HadoopLocation, python: string | undefined): Target {
  const { scheme } = location;
  return new HadoopTarget(location, new HadoopClient(() => findClient({ scheme, python, env: process.env })));
}
