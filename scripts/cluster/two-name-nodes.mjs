/** HDFS with two NameNodes behind one name service, on the loopback interface. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HADOOP_JARS } from '../setup/hadoop.mjs';
import { hadoopJava, startAll } from './hadoop-java.mjs';
import { freeAddress, hdfsSites, writeConfiguration } from './hadoop-sites.mjs';
import { DATA_NODE, DATA_NODE_READY, NAME_NODE, NAME_NODE_READY } from './hdfs.mjs';

const ADMIN = 'org.apache.hadoop.hdfs.tools.DFSHAAdmin';
const SERVICE = 'ship';

/**
 * @typedef {object} TwoNameNodes
 * @property {string} url of the name service: `hdfs://ship`
 * @property {string} configuration folder for HADOOP_CONF_DIR of a person
 * @property {() => Promise<void>} failOver ends the active NameNode, and makes the other one active
 * @property {() => Promise<void>} stop
 */

/**
 * Starts two NameNodes, of which the first is active, and a DataNode. Needs the jars of `installHadoop`.
 *
 * @param {object} options
 * @param {string} options.folder for data and configuration
 * @param {NodeJS.ProcessEnv} options.env of the servers
 * @returns {Promise<TwoNameNodes>}
 */
export async function startTwoNameNodes({ folder, env }) {
  const data = join(folder, 'two-name-nodes');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(join(data, 'edits'), { recursive: true });
  const sites = hdfsSites(`hdfs://${SERVICE}`, data);
  const { 'dfs.namenode.http-address': _, ...common } = sites['hdfs-site'] ?? {};
  const shared = {
    ...common,
    'dfs.nameservices': SERVICE,
    [`dfs.ha.namenodes.${SERVICE}`]: 'nn1,nn2',
    [`dfs.namenode.rpc-address.${SERVICE}.nn1`]: await freeAddress(),
    [`dfs.namenode.rpc-address.${SERVICE}.nn2`]: await freeAddress(),
    [`dfs.namenode.http-address.${SERVICE}.nn1`]: await freeAddress(),
    [`dfs.namenode.http-address.${SERVICE}.nn2`]: await freeAddress(),
    [`dfs.client.failover.proxy.provider.${SERVICE}`]:
      'org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider',
    'dfs.namenode.shared.edits.dir': `file://${join(data, 'edits')}`,
    'dfs.ha.fencing.methods': 'shell(/bin/true)',
    'dfs.namenode.safemode.extension': 0
  };
  /** @param {string} id */
  const javaOf = id => {
    const configuration = join(folder, `two-${id}`);
    writeConfiguration(configuration, {
      ...sites,
      'hdfs-site': {
        ...shared,
        ...(id === 'client' ? {} : { 'dfs.ha.namenode.id': id, 'dfs.namenode.name.dir': join(data, id) })
      }
    });
    return { configuration, ...hadoopJava({ classPath: `${configuration}:${HADOOP_JARS}/*`, env }) };
  };
  const [first, second, client] = [javaOf('nn1'), javaOf('nn2'), javaOf('client')];
  const stop = async () => {
    for (const java of [client, second, first]) await java.stop();
    rmSync(data, { recursive: true, force: true });
  };
  await startAll(stop, async () => {
    await first.run(NAME_NODE, '-format', '-force');
    cpSync(join(data, 'nn1'), join(data, 'nn2'), { recursive: true });
    await first.begin(NAME_NODE, NAME_NODE_READY);
    await second.begin(NAME_NODE, NAME_NODE_READY);
    await client.begin(DATA_NODE, DATA_NODE_READY);
    await client.run(ADMIN, '-transitionToActive', 'nn1');
  });
  return {
    url: `hdfs://${SERVICE}`,
    configuration: client.configuration,
    failOver: async () => {
      await first.stop();
      await client.run(ADMIN, '-transitionToActive', '--forceactive', 'nn2');
    },
    stop
  };
}
