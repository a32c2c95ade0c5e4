import type { Finding } from '../../contract/snapshot.js';
import type { Circumstances, ClusterWishes, Deployment } from '../deployment.js';
import { cellSource } from './cell.js';
import { requireListable, sparkConfig, type SparkConf } from './config.js';
import { liveUpdate } from './live-update.js';
import { sparkFindings } from './findings.js';

/** How one kind of cluster differs from the others. */
export interface SparkCluster {
  readonly name: string;
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
  readonly findings?: (circumstances: Circumstances) => Finding[];
}

/** A deployment whose sessions are built by a `SparkSession.builder`, with Spark properties and a notebook cell. */
export function sparkDeployment(cluster: SparkCluster): Deployment {
  const { name, filesKey = 'spark.files', archivesKey = 'spark.archives', withFiles = [] } = cluster;
  return {
    name,
    accepts: master => cluster.accepts(master),
    ...(cluster.configuredHere === undefined ? {} : { configuredHere: cluster.configuredHere }),
    requireUsable: (access, wishes) => {
      requireListable(access.uri('name'));
      cluster.properties?.(wishes);
    },
    findings: circumstances => [
      ...sparkFindings(circumstances, { filesKey, archivesKey }),
      ...(cluster.findings?.(circumstances) ?? [])
    ],
    async arrange(shipped, access, options) {
      const { master, shared, defaults } = options;
      const isSeen = shipped.runs.kind === 'executable' && (shared || cluster.seesThisMachine === true);
      const sharedArtifact = isSeen ? await access.executablePath(shipped.manifest.artifact.name) : undefined;
      const lists = { filesKey, archivesKey, withFiles, defaults };
      const conf = [
        ...sparkConfig({ shipped, access, sharedArtifact, master, ...lists }),
        ...(cluster.properties?.(options) ?? [])
      ];
      return {
        conf: Object.fromEntries(conf),
        cell: cellSource({ manifest: shipped.manifest, code: shipped.code, conf, master }),
        live: liveUpdate(shipped, access)
      };
    }
  };
}
