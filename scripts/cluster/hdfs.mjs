/** HDFS on the loopback interface: a NameNode and a DataNode, with simple authentication. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HADOOP_JARS } from '../setup/hadoop.mjs';
import { freeAddress, hdfsSites, writeConfiguration } from './hadoop-sites.mjs';
import { hadoopJava, startAll } from './hadoop-java.mjs';

export const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode';
export const DATA_NODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode';
/** Lines with which the servers say that they are ready. */
export const NAME_NODE_READY = /NameNode RPC up at/;
export const DATA_NODE_READY = /successfully registered with NN/;

/**
 * A running HDFS.
 *
 * @typedef {object} Hdfs
 * @property {string} url `hdfs://127.0.0.1:<port>`
 * @property {string} http address of the HTTP interface: `127.0.0.1:<port>`
 * @property {string} configuration folder for HADOOP_CONF_DIR
 * @property {(name: string, ...args: readonly string[]) => Promise<string>} run runs a class of Hadoop with this
 *   configuration; returns what it printed
 * @property {(name: string, ready: RegExp) => Promise<import('./server.mjs').Server>} begin starts a server with this
 *   configuration; `stop` ends it, too
 * @property {() => Promise<void>} stop ends all servers, and removes the data
 */

/**
 * Starts HDFS. Needs the jars of `installHadoop`.
 *
 * @param {object} options
 * @param {string} options.folder for data and configuration
 * @param {NodeJS.ProcessEnv} options.env of the servers
 * @param {import('./hadoop-sites.mjs').Sites} [options.sites] further configuration, for other servers
 * @returns {Promise<Hdfs>}
 * @throws {Error} with the last lines of the server that did not start; then no server runs
 */
export async function startHdfs({ folder, env, sites = {} }) {
  const [data, configuration] = [join(folder, 'hdfs'), join(folder, 'hadoop-conf')];
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const url = `hdfs://${await freeAddress()}`;
  const http = await freeAddress();
  writeConfiguration(configuration, { ...hdfsSites(url, data, http), ...sites });
  const java = hadoopJava({ classPath: `${configuration}:${HADOOP_JARS}/*`, env });
  const stop = async () => {
    await java.stop();
    rmSync(data, { recursive: true, force: true });
  };
  await startAll(stop, async () => {
    await java.run(NAME_NODE, '-format', '-force');
    await java.begin(NAME_NODE, NAME_NODE_READY);
    await java.begin(DATA_NODE, DATA_NODE_READY);
  });
  return { url, http, configuration, run: java.run, begin: java.begin, stop };
}
