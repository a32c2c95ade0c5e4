/** YARN and HDFS on the loopback interface, with two executors for each application. */
import { join } from 'node:path';
import { startYarn as startServers } from '../../../scripts/cluster/yarn.mjs';
import { installHadoop } from '../../../scripts/setup/hadoop.mjs';
import type { Cluster } from './cluster.js';
import type { FirstTaskSetup } from './setup.js';

/** Starts all servers except the NodeManager. */
export async function startYarn({ folder, hidden, env, executors }: FirstTaskSetup): Promise<Cluster> {
  await installHadoop();
  const { configuration, publish, freshNode, stop } = await startServers({ folder, hidden, env });
  return {
    master: 'yarn',
    conf: {
      'spark.executor.instances': String(executors),
      'spark.executor.cores': '1',
      'spark.executor.memory': '1g',
      'spark.yarn.am.memory': '512m',
      'spark.yarn.jars': `local:${join(env['SPARK_HOME'] ?? '', 'jars')}/*`
    },
    env: { HADOOP_CONF_DIR: configuration },
    publish,
    freshNode,
    stop
  };
}
