import { join } from 'node:path';
import { startOnFreshNode } from '../../../scripts/cluster/node.mjs';
import { ROOT } from '../docs/pages.js';

/** A running server of Spark Connect. */
export interface ConnectServer {
  /** `sc://127.0.0.1:<port>`. */
  readonly address: string;
  /** The folders of its executors. */
  readonly executors: string;
  /** Below it, environments unpack. */
  readonly nodeRoot: string;
  stop(): Promise<void>;
}

/** What a kernel needs as a client of Spark Connect, besides pyspark: arguments for {@link makeKernelVenv}. */
export const CLIENT = ['--requirements', join(ROOT, 'requirements', 'connect.txt')];

/**
 * Starts Spark's own server for Spark Connect on a fresh node, with one executor in a process of its own: neither sees
 * the hidden folders.
 *
 * @param folder - for its working files
 * @param env - environment variables with SPARK_HOME, from makeSparkHome
 * @param hidden - absolute paths of folders that the node must not see
 * @param options - further options of spark-submit
 */
export async function startConnect(
  folder: string,
  env: Readonly<Record<string, string>>,
  hidden: readonly string[],
  options: readonly string[] = []
): Promise<ConnectServer> {
  const node = join(folder, 'server');
  const home = env['SPARK_HOME'] ?? '';
  const executors = join(home, 'work');
  const properties = {
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': '0',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false'
  };
  const { found, stop } = await startOnFreshNode({
    folder: node,
    hidden,
    command: [
      join(home, 'bin', 'spark-submit'),
      ...['--master', 'local-cluster[1,2,1024]'],
      ...['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer'],
      ...Object.entries(properties).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
      ...options,
      'spark-internal'
    ],
    env: { ...env, SPARK_LOCAL_DIRS: join(node, 'work') },
    ready: /Spark Connect server started at: \S+?:(\d+)$/u
  });
  return { address: `sc://127.0.0.1:${found}`, executors, nodeRoot: join(node, 'root'), stop };
}
