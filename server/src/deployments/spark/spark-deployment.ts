import type { DeployMode } from '../../contract/options.js';
import type { Finding } from '../../contract/snapshot.js';
import { ShipEnvError } from '../../errors.js';
import type { Circumstances, ClusterWishes, Deployment } from '../deployment.js';
import { cellSource } from './cell.js';
import type { ClusterMode } from './cluster-mode.js';
import { requireListable, sparkConfig, type SparkConf } from './config.js';
import { liveUpdate } from './live-update.js';
import { sparkFindings } from './findings.js';

/** How one kind of cluster differs from the others. */
export interface SparkCluster {
  readonly name: string;
  /** What a message calls it: `Spark standalone`. */
  readonly title: string;
  accepts(master: string): boolean;
  readonly configuredHere?: Deployment['configuredHere'];
  /** The Spark property that lists files, and below the one that lists archives; Spark's own by default. */
  readonly filesKey?: string;
  readonly archivesKey?: string;
  /** Spark properties that are set as well when Spark gets files. */
  readonly withFiles?: SparkConf;
  /** Further Spark properties that only this kind of cluster needs. */
  readonly properties?: (wishes: ClusterWishes) => SparkConf;
  /** The executors run on this machine. */
  readonly seesThisMachine?: boolean;
  /**
   * How the cluster runs a driver in the mode `cluster`. A text says why it runs none, and what to do instead: the hint
   * of an error.
   */
  readonly clusterMode: ClusterMode | { readonly hint: string };
  readonly findings?: (circumstances: Circumstances) => Finding[];
}

/** A deployment whose sessions are built by a `SparkSession.builder`, with Spark properties and a notebook cell. */
export function sparkDeployment(cluster: SparkCluster): Deployment {
  const { name, filesKey = 'spark.files', archivesKey = 'spark.archives', withFiles = [], clusterMode } = cluster;
  const requireMode = (mode: DeployMode): ClusterMode | undefined => {
    if (mode === 'client') return undefined;
    if ('driverEnv' in clusterMode) return clusterMode;
    throw new ShipEnvError(
      'CONFIG_DEPLOY_MODE_UNSUPPORTED',
      `The driver was to run in the cluster (--deploy-mode cluster); ship-env cannot do that on ${cluster.title}.`,
      { hint: clusterMode.hint }
    );
  };
  return {
    name,
    accepts: master => cluster.accepts(master),
    ...(cluster.configuredHere === undefined ? {} : { configuredHere: cluster.configuredHere }),
    requireUsable: (access, wishes) => {
      requireListable(access.uri('name'));
      cluster.properties?.(wishes);
    },
    requireMode: mode => void requireMode(mode),
    jobOutput: 'driverEnv' in clusterMode ? clusterMode.jobOutput : undefined,
    findings: circumstances => [
      ...sparkFindings(circumstances, { filesKey, archivesKey }),
      ...(cluster.findings?.(circumstances) ?? [])
    ],
    async arrange(shipped, access, options) {
      const { master, shared, deployMode, defaults } = options;
      const driver = requireMode(deployMode);
      const isSeen = shipped.runs.kind === 'executable' && (shared || cluster.seesThisMachine === true);
      const sharedArtifact = isSeen ? await access.executablePath(shipped.manifest.artifact.name) : undefined;
      const lists = { filesKey, archivesKey, withFiles, defaults };
      const conf = [
        ...sparkConfig({ shipped, access, sharedArtifact, master, ...lists, driver }),
        ...(cluster.properties?.(options) ?? [])
      ];
      // A notebook has its driver here: there is no cell and no live update for a driver in the cluster.
      if (driver !== undefined) return { conf: Object.fromEntries(conf) };
      return {
        conf: Object.fromEntries(conf),
        cell: cellSource({ manifest: shipped.manifest, code: shipped.code, conf, master }),
        live: liveUpdate(shipped, access)
      };
    }
  };
}
