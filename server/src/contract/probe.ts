import * as z from 'zod';
import { errorObject } from './errors.js';
import { stepEvent } from './ship.js';

/** The steps of `ship-env probe`. Without a cluster there is only `snapshot`. */
const PROBE_STEP_NAMES = ['snapshot', 'session', 'nodes', 'target'] as const;
const probeStepEvent = stepEvent.extend({ name: z.enum(PROBE_STEP_NAMES) });
export type ProbeStepEvent = z.infer<typeof probeStepEvent>;

/** A python that a node has. */
const nodePython = z.object({
  path: z.string(),
  /** `3.11.2`. */
  version: z.string(),
  /** `sys.implementation.name`, and `t` after it for a free-threaded one: `cpython`, `cpythont`. */
  implementation: z.string()
});

/** A folder of a node. */
const nodeFolder = z.object({
  path: z.string(),
  /** Bytes that the executor's user may still write. */
  freeBytes: z.number().nonnegative(),
  /** A program in the folder can be started: it is not mounted `noexec`. */
  runs: z.boolean()
});

/** What a task on one executor told about its node. The node is not trusted: texts are cut, and shown only escaped. */
export const nodeFacts = z.object({
  host: z.string(),
  /** `uname -m`: `x86_64`, `aarch64`. */
  architecture: z.string(),
  /** `glibc 2.36` or `musl 1.2.4`; empty when the node could not tell. */
  libc: z.string(),
  /** The python that the header of an artifact would start; absent when the header would find none. */
  python: nodePython.optional(),
  /** The pythons that the header looks at, in its order. */
  pythons: z.array(nodePython),
  /** Version of the Spark that the executor runs; empty when the node could not tell. */
  spark: z.string(),
  /** The working directory of the executor. Spark copies the artifact there. */
  work: nodeFolder,
  /** The node root that the header would choose; absent when no folder is safe. */
  root: nodeFolder.optional(),
  /** Why the header did not choose a folder: what it writes to stderr. */
  refusals: z.array(z.string()),
  /** The node's clock is ahead of the driver's by at least and at most so many seconds; negative when it is behind. */
  clock: z.object({ least: z.number(), most: z.number() })
});
export type NodeFacts = z.infer<typeof nodeFacts>;

/** How the nodes read a probe object of the target. */
export const targetReach = z.object({
  /**
   * `read`: each node that answered got its bytes from Spark; `failed`: one did not; `not-tried`: the directory of the
   * target does not exist yet.
   */
  state: z.enum(['read', 'failed', 'not-tried']),
  /** What Spark said, when it failed. */
  message: z.string(),
  /** Hosts that do not see the target's directory under its path. Absent for a store. */
  blind: z.array(z.string()).optional()
});
export type TargetReach = z.infer<typeof targetReach>;

/** What a cluster told. */
export const clusterFacts = z.object({
  /** Empty: the configuration of Spark named the master. */
  master: z.string(),
  /** Version of the driver's Spark. */
  driverSpark: z.string(),
  nodes: z.array(nodeFacts),
  target: targetReach,
  /** ISO 8601. */
  asked: z.string()
});
export type ClusterFacts = z.infer<typeof clusterFacts>;

/** A distribution that does not run on the wanted platform. */
export const misfit = z.object({
  name: z.string(),
  version: z.string(),
  tags: z.array(z.string()),
  /** The end of a sentence: `is for Python 3.11 (cp311)`. */
  reason: z.string(),
  /** What would fit, as a wheel tag: `cp312-cp312-manylinux_2_28_x86_64`, or a pure wheel. */
  fits: z.string()
});
export type Misfit = z.infer<typeof misfit>;

/** One sentence of the verdict. `problem`: what ships would not run; `warning`: it runs, but not as it could. */
export const remark = z.object({
  level: z.enum(['good', 'warning', 'problem']),
  message: z.string(),
  /** What to do; empty when there is nothing to do. */
  hint: z.string()
});
export type Remark = z.infer<typeof remark>;

/** The last line of `ship-env probe --json`. */
export const probeResult = z.object({
  type: z.literal('result'),
  /** What ships would run: no remark is a problem. */
  ok: z.boolean(),
  remarks: z.array(remark),
  misfits: z.array(misfit),
  /** Absent when no cluster was asked. */
  cluster: clusterFacts.optional(),
  /** Milliseconds since the cluster answered; 0 when it was asked now. */
  ageMs: z.number()
});
export type ProbeResult = z.infer<typeof probeResult>;

/** Every line of `ship-env probe --json`. */
export const probeEvent = z.discriminatedUnion('type', [probeStepEvent, probeResult, errorObject]);
