import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startYarn as startServers } from '../../../scripts/cluster/yarn.mjs';
import { S3A_JARS } from '../../../scripts/setup/hadoop.mjs';

/** YARN and HDFS with one node, which has no view of some folders. */
export interface Yarn {
  /** Below it are the working directories of all containers. */
  readonly work: string;
  /** URL of its HDFS. */
  readonly hdfs: string;
  /** Containers unpack below this folder. */
  readonly nodeRoot: string;
  /** What a person's machine has for this cluster: environment variables of the driver. */
  readonly clientEnv: Readonly<Record<string, string>>;
  /** Ends all servers, and what still runs on the node. */
  stop(): Promise<void>;
}

interface YarnOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly hidden: readonly string[];
  readonly executorEnv: Readonly<Record<string, string>>;
}

/**
 * Starts real servers on free ports of the loopback interface. The client's side has a spark-defaults.conf, as an
 * administrator would write it: one small executor, Spark's jars at a path of the node. S3A is on all class paths.
 *
 * @param folder - for their working files
 * @param options.env - of the servers, with SPARK_HOME, as makeSparkHome gives it
 * @param options.hidden - absolute paths of folders that the node must not see
 * @param options.executorEnv - environment variables that the administrator gives all containers
 */
export async function startYarn(folder: string, options: YarnOptions): Promise<Yarn> {
  const { env, hidden } = options;
  const servers = await startServers({ folder, hidden, env });
  try {
    const node = await servers.freshNode();
    const client = join(folder, 'spark-conf');
    await mkdir(client);
    await writeFile(join(client, 'spark-defaults.conf'), defaults(options));
    return {
      work: join(servers.node, 'work'),
      hdfs: servers.hdfs,
      nodeRoot: join(servers.node, 'root'),
      clientEnv: {
        HADOOP_CONF_DIR: servers.configuration,
        SPARK_CONF_DIR: client,
        // Of spark-submit itself as well: in cluster mode it copies the files, without the class path of a driver.
        SPARK_DIST_CLASSPATH: `${S3A_JARS}/*`
      },
      stop: async () => {
        await node.stop();
        await servers.stop();
      }
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

function defaults({ env, executorEnv }: YarnOptions): string {
  const properties = {
    'spark.ui.enabled': 'false',
    'spark.executor.instances': '1',
    'spark.executor.cores': '1',
    'spark.executor.memory': '1g',
    'spark.yarn.am.memory': '512m',
    'spark.yarn.maxAppAttempts': '1',
    'spark.yarn.jars': `local:${join(env['SPARK_HOME'] ?? '', 'jars')}/*`,
    ...Object.fromEntries(
      ['spark.executorEnv', 'spark.yarn.appMasterEnv'].flatMap(key =>
        Object.entries(executorEnv).map(([name, value]) => [`${key}.${name}`, value])
      )
    )
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');
}
