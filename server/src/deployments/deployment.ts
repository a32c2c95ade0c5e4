import type { DeployMode } from '../contract/options.js';
import type { CodeArchive, Manifest } from '../contract/manifest.js';
import type { LiveUpdate } from '../contract/ship.js';
import type { Finding } from '../contract/snapshot.js';
import type { Runs, ArtifactFile } from '../formats/format.js';
import type { FoundMaster } from './found-master.js';
import type { SparkDefaults } from '../spark/defaults.js';
import type { SparkProperties } from '../spark/properties.js';
import type { Access } from '../targets/target.js';

/** What a ship put on a target. */
export interface Shipped {
  readonly manifest: Manifest;
  /** How the artifact becomes the python of an executor. */
  readonly runs: Runs;
  /** The files of the artifact that executors need. */
  readonly files: readonly ArtifactFile[];
  readonly code: readonly CodeArchive[];
  /** Name of the pointer file on the target; undefined when no code ships. */
  readonly pointer: string | undefined;
}

/** What the person wishes of a cluster, besides what ships. A deployment that has nothing of the kind ignores a wish. */
export interface ClusterWishes {
  /** The folder of the nodes in which executors unpack, as a person writes it; empty for none. */
  readonly nodeCache: string;
}

/** No wish. */
export const NO_WISHES: ClusterWishes = { nodeCache: '' };

/** What the person tells about the cluster. */
export interface ClusterOptions extends ClusterWishes {
  /** Spark master in its one spelling; empty to leave it out. */
  readonly master: string;
  /** In the mode `cluster` the driver, too, runs on a node, in the shipped environment. */
  readonly deployMode: DeployMode;
  /** Every node sees the target's directory under the same path. */
  readonly shared: boolean;
  /** The target as `--target` takes it: its name in the settings, or a URL. */
  readonly target: string;
  /** The properties that every session has (spark-defaults.conf). What a list of them holds is kept. */
  readonly defaults: SparkProperties;
}

/** What is known of this machine and the environment before the job runs. */
export interface Circumstances {
  /** Environment variables of the process that ships: a notebook's kernel has the same ones. */
  readonly env: NodeJS.ProcessEnv;
  readonly spark: SparkDefaults;
  /** Version of the pyspark in the environment; undefined when there is none. */
  readonly pyspark: string | undefined;
}

/** What a deployment makes from a ship. Each kind of deployment sets some of these fields. */
export interface Outputs {
  /** Spark properties in the order in which a person reads them. */
  readonly conf?: Readonly<Record<string, string>>;
  /** Source of the notebook cell: it defines `builder`, and for Spark Connect also `spark`. */
  readonly cell?: string;
  /** How a running session takes over new code. */
  readonly live?: LiveUpdate;
  /**
   * The words of a command that runs the environment on any machine. A program and its arguments follow these words.
   */
  readonly command?: readonly string[];
}

/**
 * What the output of spark-submit tells about a job in the deploy mode `cluster`, where spark-submit only watches the job.
 * Each function gets one line of stdout or stderr after the other.
 */
export interface JobOutput {
  /** The exit code of the job; undefined when the line does not tell. The last one counts. */
  readonly exitCode?: (line: string) => number | undefined;
  /** The words of a command that ends the job: a program of SPARK_HOME/bin and its arguments; undefined when unknown. */
  readonly cancelCommand?: (line: string) => readonly string[] | undefined;
}

/** What runs the job. One folder or file implements one deployment; registry.ts lists all. */
export interface Deployment {
  readonly name: string;
  /** Does this Spark master, without white space around it, belong to this deployment? */
  accepts(master: string): boolean;
  /** The one spelling of a master that the deployment accepts, without secrets. Absent: the spelling of the person. */
  canonical?(master: string): string;
  /**
   * The master of the cluster that this machine is configured for; undefined when it is configured for none of this
   * deployment. Reads files, asks no cluster.
   *
   * @param env - environment variables of the process that ships
   */
  configuredHere?(env: NodeJS.ProcessEnv): Promise<FoundMaster | undefined>;
  /**
   * Checks that the deployment can use objects of a target, and can fulfil the wishes. It asks neither the target nor the
   * cluster.
   *
   * @throws ShipEnvError TARGET_URL_INVALID, CONFIG_NODE_CACHE_INVALID
   */
  requireUsable(access: Pick<Access, 'uri'>, wishes: ClusterWishes): void;
  /**
   * Checks that the deployment can run the driver in this mode.
   *
   * @throws ShipEnvError CONFIG_DEPLOY_MODE_UNSUPPORTED
   */
  requireMode(mode: DeployMode): void;
  /** How to follow a job in the mode `cluster`; undefined when the exit code of spark-submit tells all. */
  readonly jobOutput?: JobOutput | undefined;
  /**
   * Makes what the cluster needs to use the objects on the target.
   *
   * @throws ShipEnvError TARGET_DENIED, TARGET_FAILED; as `requireUsable` and `requireMode`
   */
  arrange(shipped: Shipped, access: Access, options: ClusterOptions): Promise<Outputs>;
  /** What the person should know before the job runs. */
  findings(circumstances: Circumstances): Finding[];
}
