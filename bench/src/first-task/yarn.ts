/** YARN and HDFS on the loopback interface: NameNode, DataNode, ResourceManager, and a NodeManager on a fresh node. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../../../scripts/lib/process.mjs';
import type { Cluster } from './cluster.js';
import { fetchHadoop } from './hadoop.js';
import { freeAddress, hdfsSites, writeConfiguration, yarnSites } from './hadoop-sites.js';
import { startOnFreshNode } from './node.js';
import { startServer, type Server } from './server.js';
import type { FirstTaskSetup } from './setup.js';

const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode';
const DATA_NODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode';
const RESOURCE_MANAGER = 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager';
const NODE_MANAGER = 'org.apache.hadoop.yarn.server.nodemanager.NodeManager';

/** Starts all but the NodeManager. */
export async function startYarn({ folder, hidden, env, executors }: FirstTaskSetup): Promise<Cluster> {
  const jars = await fetchHadoop(join(folder, 'hadoop'), env);
  const data = join(folder, 'hdfs');
  const node = join(folder, 'node');
  const configuration = join(folder, 'hadoop', 'conf');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data);
  const address = `hdfs://${await freeAddress()}`;
  writeConfiguration(configuration, { ...hdfsSites(address, data), ...(await yarnSites(node)) });
  const java = ['-Xmx384m', '--add-opens=java.base/java.lang=ALL-UNNAMED', '-cp', `${configuration}:${jars}/*`];
  const runJava = async (...args: string[]) => run('java', [...java, ...args], { env, stdout: 'capture' });
  await runJava(NAME_NODE, '-format', '-force');
  const servers: Server[] = [];
  const begin = async (name: string, ready: RegExp) => {
    servers.push(await startServer({ command: ['java', ...java, name], env, ready }));
  };
  await begin(NAME_NODE, /NameNode RPC up at/);
  await Promise.all([
    begin(DATA_NODE, /successfully registered with NN/),
    begin(RESOURCE_MANAGER, /Transitioned to active state/)
  ]);
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
    publish: async file => {
      // World-readable, as are the folders above it: the condition for YARN's public cache.
      const shell = 'org.apache.hadoop.fs.FsShell';
      await runJava(shell, '-mkdir', '-p', '/ship-env');
      await runJava(shell, '-put', '-f', file, '/ship-env/');
      return `${address}/ship-env/${basename(file)}`;
    },
    freshNode: async () => {
      const ready = /Registered with ResourceManager as/;
      return startOnFreshNode({ folder: node, hidden, command: ['java', ...java, NODE_MANAGER], env, ready });
    },
    stop: async () => {
      for (const server of servers.reverse()) {
        await server.stop();
      }
      rmSync(data, { recursive: true, force: true });
    }
  };
}
