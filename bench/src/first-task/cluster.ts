/** Clusters on which the first task is measured. */
import type { Server } from '../../../scripts/cluster/server.mjs';
import type { FirstTaskSetup } from './setup.js';
import { startStandalone } from './standalone.js';
import { startYarn } from './yarn.js';

/** A running cluster without a node. */
export interface Cluster {
  readonly master: string;
  /** Spark properties of every application on it. */
  readonly conf: Readonly<Record<string, string>>;
  /** Environment variables of applications, besides those of the set-up. */
  readonly env?: NodeJS.ProcessEnv;
  /** Puts a file on the cluster's own file system. Returns its URI. */
  readonly publish?: (file: string) => Promise<string>;
  /** Starts a node without any files of an earlier one. */
  freshNode(): Promise<Server>;
  stop(): Promise<void>;
}

const START = { standalone: startStandalone, yarn: startYarn };

/** A kind of cluster. */
export type Deployment = keyof typeof START;

/** All kinds, in the order in which they are measured. */
export const DEPLOYMENTS: readonly Deployment[] = ['standalone', 'yarn'];

/** Starts a cluster on the loopback interface. */
export async function startCluster(deployment: Deployment, setup: FirstTaskSetup): Promise<Cluster> {
  return START[deployment](setup);
}
