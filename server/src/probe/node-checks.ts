import type { NodeFacts } from '../contract/probe.js';
import { CONTAINER_ROOT } from '../formats/node-start.js';

/** What is wrong with a node: the end of a sentence about several nodes. Undefined when all is well. */
export type Check =
  { readonly level: 'good' | 'warning' | 'problem'; readonly text: string; readonly hint: string } | undefined;

/** The hint about the node root. */
const ROOT_HINT =
  'Set spark.executorEnv.SHIP_ENV_NODE_ROOT to a folder of a disk of the nodes that belongs to the user of the executors, with mode 700.';

/** Spark puts the artifact in the working directory, and starts it there. */
export function folderCheck({ work }: NodeFacts): Check {
  if (work.runs) return undefined;
  return {
    level: 'problem',
    text: `start no program in the folder of an executor (${work.path}): it is mounted noexec, or not writable.`,
    hint: "Ask the people who run the cluster for another folder for Spark's work, without noexec (SPARK_WORKER_DIR, or the local folders of the node manager)."
  };
}

/** Where the artifact unpacks. Without a node root the executors do not share what they unpack. */
export function rootCheck({ root, refusals, work }: NodeFacts, bytes: number): Check {
  const amount = gigabytes(bytes);
  if (root === undefined) {
    return {
      level: 'warning',
      text: `have no folder that is safe to unpack in, so each start of a python unpacks ${amount} anew. ${refusals[0] ?? ''}`.trim(),
      hint: ROOT_HINT
    };
  }
  if (!root.runs && work.runs) {
    return {
      level: 'warning',
      text: `start no program below the node root ${root.path}: it is mounted noexec, or not writable. Each executor unpacks ${amount} for itself.`,
      hint: ROOT_HINT
    };
  }
  if (!root.path.endsWith(`/${CONTAINER_ROOT}`)) return undefined;
  return {
    level: 'warning',
    text: `have no safe node root, so each executor unpacks ${amount} for itself. ${refusals[0] ?? ''}`.trim(),
    hint: ROOT_HINT
  };
}

/** The unpacked environment must fit, where it is unpacked. */
export function diskCheck({ root, work }: NodeFacts, bytes: number): Check {
  const folder = root?.runs === true ? root : work;
  if (folder.freeBytes >= bytes) return undefined;
  return {
    level: 'problem',
    text: `have ${gigabytes(folder.freeBytes)} free below ${folder.path}, and the environment takes ${gigabytes(bytes)}.`,
    hint: 'Free the disk, choose a folder of a larger one (spark.executorEnv.SHIP_ENV_NODE_ROOT), or leave distributions at home (--exclude).'
  };
}

/** Kerberos refuses a clock that is five minutes off, S3 one that is fifteen. */
const KERBEROS_SECONDS = 300;

export function clockCheck({ clock: { least, most } }: NodeFacts): Check {
  const seconds = Math.max(least, -most, 0);
  if (seconds < KERBEROS_SECONDS) return undefined;
  return {
    level: 'warning',
    text: `have a clock that is ${Math.floor(seconds / 60)} minutes ${least > 0 ? 'ahead of' : 'behind'} this machine's. Kerberos refuses that, and from 15 minutes on S3 does.`,
    hint: 'Set the clocks by NTP, on the nodes and here.'
  };
}

/** `2.3 GB`; small amounts in MB. */
function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
