import type { JobOutput } from '../deployment.js';

/** How a kind of cluster runs the driver on a node. */
export interface ClusterMode {
  /** The Spark property that sets an environment variable of the driver. */
  readonly driverEnv: (name: string) => string;
  readonly jobOutput?: JobOutput;
}
