/** YARN and HDFS on the loopback interface: NameNode, DataNode, ResourceManager, and a NodeManager on a fresh node. */
import { basename, join } from 'node:path';
import { HADOOP_JARS } from '../setup/hadoop.mjs';
import { JAVA_OPTIONS, javaHome, startAll } from './hadoop-java.mjs';
import { yarnSites } from './hadoop-sites.mjs';
import { startHdfs } from './hdfs.mjs';
import { startOnFreshNode } from './node.mjs';

export { javaHome };

const RESOURCE_MANAGER = 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager';
const NODE_MANAGER = 'org.apache.hadoop.yarn.server.nodemanager.NodeManager';
const FILE_SYSTEM_SHELL = 'org.apache.hadoop.fs.FsShell';

/**
 * A running cluster without a node.
 *
 * @typedef {object} Yarn
 * @property {string} hdfs URL of its HDFS: `hdfs://127.0.0.1:<port>`
 * @property {string} configuration folder for HADOOP_CONF_DIR
 * @property {string} node folder of the node's file system
 * @property {(file: string) => Promise<string>} publish puts a file on HDFS, and returns its URI
 * @property {() => Promise<import('./server.mjs').Server>} freshNode starts a NodeManager without any files of an
 *   earlier one
 * @property {() => Promise<void>} stop ends all servers except the nodes
 */

/**
 * Starts all servers except the NodeManager. Needs the jars of `installHadoop`, Linux and, unless root, user
 * namespaces.
 *
 * @param {object} options
 * @param {string} options.folder for data, configuration and node
 * @param {readonly string[]} options.hidden folders that no node may see
 * @param {NodeJS.ProcessEnv} options.env of the servers
 * @returns {Promise<Yarn>}
 * @throws {Error} with the last lines of the server that did not start; then no server runs
 */
export async function startYarn({ folder, hidden, env: given }) {
  const env = { ...given, JAVA_HOME: given['JAVA_HOME'] ?? javaHome() };
  const node = join(folder, 'node');
  const hdfs = await startHdfs({ folder, env, sites: await yarnSites(node) });
  const { configuration } = hdfs;
  await startAll(hdfs.stop, async () => {
    await hdfs.begin(RESOURCE_MANAGER, /Transitioned to active state/);
  });
  return {
    hdfs: hdfs.url,
    configuration,
    node,
    publish: async file => {
      // The file and the folders above it must be readable for everybody: the condition for YARN's public cache.
      await hdfs.run(FILE_SYSTEM_SHELL, '-mkdir', '-p', '/ship-env');
      await hdfs.run(FILE_SYSTEM_SHELL, '-put', '-f', file, '/ship-env/');
      return `${hdfs.url}/ship-env/${basename(file)}`;
    },
    freshNode: async () => {
      const ready = /Registered with ResourceManager as/;
      const classPath = `${configuration}:${HADOOP_JARS}/*`;
      const command = ['java', ...JAVA_OPTIONS, '-cp', classPath, NODE_MANAGER];
      return startOnFreshNode({ folder: node, hidden, command, env, ready });
    },
    stop: hdfs.stop
  };
}
