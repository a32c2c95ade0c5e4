import * as z from 'zod';
import { errorObject } from './errors.js';
import { requestShape } from './option-lists.js';
import { finding } from './snapshot.js';
import { targetSettings } from './target-settings.js';

/** What a ship is asked to do; also the body of `POST /ships`. options.ts has the fields that a person decides. */
export const shipRequest = z.object({
  /** Absolute path of the kernel python. */
  python: z.string().min(1),
  target: targetSettings,
  ...requestShape
});
export type ShipRequest = z.infer<typeof shipRequest>;
/** A request as a caller may write it: fields with a default may be absent. */
export type ShipRequestInput = z.input<typeof shipRequest>;

/** The steps of a ship, in the order in which they begin and end; `build` and `upload` overlap. */
export const STEP_NAMES = ['snapshot', 'plan', 'build', 'upload', 'verify', 'publish', 'configure'] as const;
const stepName = z.enum(STEP_NAMES);
export type StepName = z.infer<typeof stepName>;

/**
 * How far a step is. `waiting`: the step has not begun, because other ships go first; the event's `detail` says which.
 */
export const STEP_STATES = ['waiting', 'started', 'progress', 'done'] as const;

/** How far a step is; commands other than `ship` have steps of other names. */
export const stepEvent = z.object({
  type: z.literal('step'),
  name: stepName,
  state: z.enum(STEP_STATES),
  /** Units of work that are done, and all units: bytes in steps that move bytes. Absent when unknown. */
  done: z.number().optional(),
  total: z.number().optional(),
  /** What the step is doing now, or what it found, for the person: `numpy 2.1.0`, `46 distributions, 2 editables`. */
  detail: z.string().optional(),
  /** Milliseconds, with `done`. */
  ms: z.number().optional()
});
export type StepEvent = z.infer<typeof stepEvent>;

export const shippedFile = z.object({
  name: z.string(),
  /** As Spark reads it: `s3a://…`, `file:///…`. */
  uri: z.string(),
  bytes: z.number(),
  sha256: z.string()
});

/** How a running session that our cell built takes over new code. */
export const liveUpdate = z.object({
  /** The artifact that the session must already run. */
  artifactId: z.string(),
  /** Python source for the kernel to run silently. It uses plain pyspark and stores its outcome in a variable. */
  source: z.string(),
  /** Expression for `user_expressions` that reads that variable: the JSON text of a {@link liveOutcome}. */
  expression: z.string()
});
export type LiveUpdate = z.infer<typeof liveUpdate>;

/**
 * What a running session did with new code. `none`: there is no session to update; `current`: the session
 * runs this code already; `updated`: its next task runs it; `restart`: the session has another environment, or the cell
 * did not build it; `failed`: the message says why.
 */
export const LIVE_STATES = ['none', 'current', 'updated', 'restart', 'failed'] as const;
export const liveOutcome = z.object({ state: z.enum(LIVE_STATES), message: z.string().default('') });

export const shipResult = z.object({
  type: z.literal('result'),
  artifact: shippedFile.extend({ id: z.string(), format: z.string() }),
  code: z.array(shippedFile),
  /** Bytes sent to the target by this ship. */
  uploadedBytes: z.number(),
  /** Bytes of the artifact that were not sent, because the target copied them from objects it held. */
  copiedBytes: z.number(),
  /** Distributions that were not compressed, because the cache had their segments or the target had the artifact. */
  reusedSegments: z.number(),
  /** The artifact was on the target already. */
  reused: z.boolean(),
  findings: z.array(finding),
  steps: z.array(z.object({ name: stepName, ms: z.number() })),
  /** Milliseconds of the whole ship. They are fewer than the sum of the steps, because build and upload overlap. */
  ms: z.number(),
  /** Spark properties, in the order of the cell. */
  conf: z.record(z.string(), z.string()),
  /** Source of the notebook cell: it ends with `builder`, for Spark Connect with `spark` besides. */
  cell: z.string(),
  live: liveUpdate.optional(),
  /** The words of a command that runs the environment without Spark. A program and its arguments follow these words. */
  command: z.array(z.string()).optional(),
  /** This was a dry run: `uploadedBytes` and `copiedBytes` are what a ship would send and let the target copy now. */
  dryRun: z.boolean().default(false)
});
export type ShipResult = z.infer<typeof shipResult>;

/**
 * The steps of `ship-env run`. With `--artifact` the only step is `fetch`; without it, `snapshot` and `plan` come first;
 * with `--ephemeral` all steps of a ship come before these.
 */
const RUN_STEP_NAMES = [...STEP_NAMES, 'fetch'] as const;
const runStepEvent = stepEvent.extend({ name: z.enum(RUN_STEP_NAMES) });
export type RunStepEvent = z.infer<typeof runStepEvent>;

/** The last line that `ship-env run` itself writes: all output after it is the program's. */
const runStarts = z.object({ type: z.literal('result'), artifact: z.string(), code: z.array(z.string()) });

/** Every line of `ship-env run --json`, on stderr. */
export const runEvent = z.discriminatedUnion('type', [runStepEvent, runStarts, errorObject]);

/** Every line of `--json`. */
export const shipEvent = z.discriminatedUnion('type', [stepEvent, shipResult, errorObject]);
export type ShipEvent = z.infer<typeof shipEvent>;

/**
 * The number of the event in its job, from 1 on. A replay omits progress that newer progress replaced, so numbers may be
 * missing. A follower who comes again compares this number to know what is new; it must not count events.
 */
const sequence = z.number().int().positive();

/** Every line of the sidecar's event stream. */
export const jobEvent = z.discriminatedUnion('type', [
  stepEvent.extend({ sequence }),
  shipResult.extend({ sequence }),
  // When a stream breaks off, the Jupyter server adds an error of its own, which is not an event of the job.
  errorObject.extend({ sequence: sequence.optional() })
]);
export type JobEvent = z.infer<typeof jobEvent>;
