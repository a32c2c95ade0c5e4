/** YARN and HDFS on the loopback interface: NameNode, DataNode, ResourceManager, and a NodeManager on a fresh node. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from '../lib/process.mjs';
import { HADOOP_JARS } from '../setup/hadoop.mjs';
import { freeAddress, hdfsSites, writeConfiguration, yarnSites } from './hadoop-sites.mjs';
import { startOnFreshNode } from './node.mjs';
import { startServer } from './server.mjs';

const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode';
const DATA_NODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode';
const RESOURCE_MANAGER = 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager';
const NODE_MANAGER = 'org.apache.hadoop.yarn.server.nodemanager.NodeManager';
const FILE_SYSTEM_SHELL = 'org.apache.hadoop.fs.FsShell';

/**
 * A running cluster without a node.
 *
 * @typedef {object} Yarn
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
  const [data, node, configuration] = [join(folder, 'hdfs'), join(folder, 'node'), join(folder, 'hadoop-conf')];
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const address = `hdfs://${await freeAddress()}`;
  writeConfiguration(configuration, { ...hdfsSites(address, data), ...(await yarnSites(node)) });
  const java = ['-Xmx384m', '--add-opens=java.base/java.lang=ALL-UNNAMED', '-cp', `${configuration}:${HADOOP_JARS}/*`];
  /** @param {readonly string[]} args */
  const runJava = async (...args) => run('java', [...java, ...args], { env, stdout: 'capture' });
  /** @type {import('./server.mjs').Server[]} */
  const servers = [];
  const stop = async () => {
    for (const server of servers.splice(0).reverse()) {
      await server.stop();
    }
    rmSync(data, { recursive: true, force: true });
  };
  /** @type {(name: string, ready: RegExp) => Promise<void>} */
  const begin = async (name, ready) => {
    servers.push(await startServer({ command: ['java', ...java, name], env, ready }));
  };
  try {
    await runJava(NAME_NODE, '-format', '-force');
    await begin(NAME_NODE, /NameNode RPC up at/);
    const others = [
      begin(DATA_NODE, /successfully registered with NN/),
      begin(RESOURCE_MANAGER, /Transitioned to active state/)
    ];
    // When one fails, the other must have settled before all are stopped.
    await Promise.allSettled(others);
    await Promise.all(others);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    configuration,
    node,
    publish: async file => {
      // The file and the folders above it must be readable for everybody: the condition for YARN's public cache.
      await runJava(FILE_SYSTEM_SHELL, '-mkdir', '-p', '/ship-env');
      await runJava(FILE_SYSTEM_SHELL, '-put', '-f', file, '/ship-env/');
      return `${address}/ship-env/${basename(file)}`;
    },
    freshNode: async () => {
      const ready = /Registered with ResourceManager as/;
      return startOnFreshNode({ folder: node, hidden, command: ['java', ...java, NODE_MANAGER], env, ready });
    },
    stop
  };
}

/** @returns {string} folder of the Java on the PATH: programs that a node starts have no PATH */
export function javaHome() {
  const java = execFileSync('sh', ['-c', 'command -v java'], { encoding: 'utf8' }).trim();
  return dirname(dirname(realpathSync(java)));
}
