/** Spark standalone on the loopback interface: a master, and a worker on a fresh node that runs two executors. */
import { join } from 'node:path';
import { startOnFreshNode } from '../../../scripts/cluster/node.mjs';
import { startServer } from '../../../scripts/cluster/server.mjs';
import type { Cluster } from './cluster.js';
import type { ClusterSetup } from './setup.js';

const ANY_PORT = ['--host', '127.0.0.1', '--port', '0', '--webui-port', '0'];

/** Starts the master. */
export async function startStandalone({ folder, hidden, env, executors }: ClusterSetup): Promise<Cluster> {
  const sparkClass = join(env['SPARK_HOME'] ?? '', 'bin', 'spark-class');
  const master = await startServer({
    command: [sparkClass, 'org.apache.spark.deploy.master.Master', ...ANY_PORT],
    env,
    ready: /Starting Spark master at (spark:\/\/\S+)/
  });
  const url = master.found;
  const node = join(folder, 'node');
  return {
    master: url,
    conf: { 'spark.cores.max': String(executors), 'spark.executor.cores': '1', 'spark.executor.memory': '1g' },
    freshNode: async () =>
      startOnFreshNode({
        folder: node,
        hidden,
        command: [
          ...[sparkClass, 'org.apache.spark.deploy.worker.Worker', ...ANY_PORT, '--cores', String(executors)],
          ...['--memory', `${executors}g`, '--work-dir', join(node, 'work'), url]
        ],
        env: { ...env, SPARK_LOCAL_DIRS: join(node, 'tmp') },
        ready: /Successfully registered with master/
      }),
    stop: async () => master.stop()
  };
}
