import type { CodeArchive, Manifest } from '../contract/manifest.js';
import type { LiveUpdate } from '../contract/ship.js';
import type { Finding } from '../contract/snapshot.js';
import type { Runs, ShippedFile } from '../formats/format.js';
import type { Access } from '../targets/target.js';

/** What a ship put on a target. */
export interface Shipped {
  readonly manifest: Manifest;
  /** How the artifact becomes the python of an executor. */
  readonly runs: Runs;
  /** The files that executors need of the artifact. */
  readonly files: readonly ShippedFile[];
  readonly code: readonly CodeArchive[];
  /** Name of the pointer file on the target; undefined when there is no code to point at. */
  readonly pointer: string | undefined;
}

/** What the person says about the cluster. */
export interface ClusterOptions {
  /** Spark master in its one spelling; empty to leave it out. */
  readonly master: string;
  /** Every node sees the target's directory under the same path. */
  readonly shared: boolean;
  /** The target as `--target` takes it: its name in the settings, or a URL. */
  readonly target: string;
}

/** What a deployment makes of a ship; which of them there are depends on its kind. */
export interface Outputs {
  /** Spark properties in the order in which a person reads them. */
  readonly conf?: Readonly<Record<string, string>>;
  /** Source of the notebook cell that ends with `builder`. */
  readonly cell?: string;
  /** How a running session takes over new code. */
  readonly live?: LiveUpdate;
  /** The words of a command that runs the environment on any machine; a program and its arguments come behind it. */
  readonly command?: readonly string[];
}

/** What runs the job. One folder or file implements one; registry.ts lists them. */
export interface Deployment {
  readonly name: string;
  /** Whether a Spark master, without white space around it, is one of this deployment. */
  accepts(master: string): boolean;
  /**
   * Arranges what the target holds for the cluster.
   *
   * @throws ShipEnvError TARGET_DENIED, TARGET_FAILED, TARGET_URL_INVALID
   */
  arrange(shipped: Shipped, access: Access, options: ClusterOptions): Promise<Outputs>;
  /** What the person should know before the job runs. @param env - of the process that ships */
  findings(env: NodeJS.ProcessEnv): Finding[];
}
