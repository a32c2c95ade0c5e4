import type { Finding } from '../../contract/snapshot.js';
import type { Deployment } from '../deployment.js';
import { cellSource } from './cell.js';
import { requireListable, sparkConfig, type SparkConf } from './config.js';
import { liveUpdate } from './live-update.js';

/** How one kind of cluster differs from the others. */
export interface SparkCluster {
  readonly name: string;
  accepts(master: string): boolean;
  /** The Spark property that lists files, and below the one that lists archives; Spark's own by default. */
  readonly filesKey?: string;
  readonly archivesKey?: string;
  /** Spark properties that are set as well when Spark gets files. */
  readonly withFiles?: SparkConf;
  /** The executors run on this machine. */
  readonly seesThisMachine?: boolean;
  readonly findings?: (env: NodeJS.ProcessEnv) => Finding[];
}

/** A deployment whose sessions are built by a `SparkSession.builder`, with Spark properties and a notebook cell. */
export function sparkDeployment(cluster: SparkCluster): Deployment {
  const { name, filesKey = 'spark.files', archivesKey = 'spark.archives', withFiles = [] } = cluster;
  return {
    name,
    accepts: master => cluster.accepts(master),
    requireUsable: access => void requireListable(access.uri('name')),
    findings: env => cluster.findings?.(env) ?? [],
    async arrange(shipped, access, { master, shared }) {
      const isSeen = shipped.runs.kind === 'executable' && (shared || cluster.seesThisMachine === true);
      const sharedArtifact = isSeen ? await access.executablePath(shipped.manifest.artifact.name) : undefined;
      const conf = sparkConfig({ shipped, access, sharedArtifact, master, filesKey, archivesKey, withFiles });
      return {
        conf: Object.fromEntries(conf),
        cell: cellSource({ manifest: shipped.manifest, code: shipped.code, conf, master }),
        live: liveUpdate(shipped, access)
      };
    }
  };
}
