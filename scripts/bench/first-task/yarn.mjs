/** YARN and HDFS on the loopback interface: NameNode, DataNode, ResourceManager, and a NodeManager on a fresh node. */
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { run } from '../../lib/process.mjs';
import { fetchHadoop, writeConfiguration } from './hadoop.mjs';
import { startOnFreshNode, startServer } from './node.mjs';

const LOCAL = '127.0.0.1';
const ANY = `${LOCAL}:0`;
const JAVA = ['java', '-Xmx384m', '--add-opens=java.base/java.lang=ALL-UNNAMED', '-cp'];

/**
 * @param {import('./setting.mjs').Setting} setting
 * @returns {Promise<import('./deployments.mjs').Cluster>}
 */
export async function startYarn({ folder, hidden, env, executors }) {
  const jars = await fetchHadoop(join(folder, 'hadoop'), env);
  const data = join(folder, 'hdfs');
  const node = join(folder, 'node');
  const configuration = join(folder, 'hadoop', 'conf');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data);
  const address = `hdfs://${LOCAL}:${await freePort()}`;
  writeConfiguration(configuration, { ...hdfsSites(address, data), ...(await yarnSites(node)) });
  const java = [...JAVA, `${configuration}:${jars}/*`];
  await run('java', [...java.slice(1), 'org.apache.hadoop.hdfs.server.namenode.NameNode', '-format', '-force'], {
    env,
    stdout: 'capture'
  });
  /** @type {import('./node.mjs').Server[]} */
  const servers = [];
  const begin = async (/** @type {string} */ name, /** @type {RegExp} */ ready) => {
    servers.push(await startServer({ command: [...java, name], env, ready }));
  };
  await begin('org.apache.hadoop.hdfs.server.namenode.NameNode', /NameNode RPC up at/);
  await Promise.all([
    begin('org.apache.hadoop.hdfs.server.datanode.DataNode', /successfully registered with NN/),
    begin('org.apache.hadoop.yarn.server.resourcemanager.ResourceManager', /Transitioned to active state/)
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
      const shell = [...java.slice(1), 'org.apache.hadoop.fs.FsShell'];
      await run('java', [...shell, '-mkdir', '-p', '/ship-env'], { env, stdout: 'capture' });
      await run('java', [...shell, '-put', '-f', file, '/ship-env/'], { env, stdout: 'capture' });
      return `${address}/ship-env/${basename(file)}`;
    },
    freshNode: () =>
      startOnFreshNode({
        folder: node,
        hidden,
        command: [...java, 'org.apache.hadoop.yarn.server.nodemanager.NodeManager'],
        env,
        ready: /Registered with ResourceManager as/
      }),
    stop: async () => {
      for (const server of servers.reverse()) {
        await server.stop();
      }
      rmSync(data, { recursive: true, force: true });
    }
  };
}

/**
 * @param {string} address
 * @param {string} data
 */
function hdfsSites(address, data) {
  return {
    'core-site': { 'fs.defaultFS': address, 'hadoop.tmp.dir': join(data, 'tmp') },
    'hdfs-site': {
      'dfs.replication': 1,
      'dfs.namenode.name.dir': join(data, 'name'),
      'dfs.datanode.data.dir': join(data, 'data'),
      'dfs.namenode.http-address': ANY,
      'dfs.datanode.address': ANY,
      'dfs.datanode.http.address': ANY,
      'dfs.datanode.ipc.address': ANY,
      'dfs.namenode.datanode.registration.ip-hostname-check': 'false'
    }
  };
}

/** @param {string} node */
async function yarnSites(node) {
  const work = join(node, 'work');
  return {
    'yarn-site': {
      'yarn.resourcemanager.address': `${LOCAL}:${await freePort()}`,
      'yarn.resourcemanager.scheduler.address': `${LOCAL}:${await freePort()}`,
      'yarn.resourcemanager.resource-tracker.address': `${LOCAL}:${await freePort()}`,
      'yarn.resourcemanager.admin.address': `${LOCAL}:${await freePort()}`,
      'yarn.resourcemanager.webapp.address': ANY,
      'yarn.nodemanager.address': ANY,
      'yarn.nodemanager.localizer.address': `${LOCAL}:${await freePort()}`,
      'yarn.nodemanager.webapp.address': ANY,
      'yarn.nodemanager.local-dirs': join(work, 'local'),
      'yarn.nodemanager.log-dirs': join(work, 'logs'),
      'yarn.nodemanager.resource.memory-mb': 8192,
      'yarn.nodemanager.resource.cpu-vcores': 8,
      'yarn.nodemanager.pmem-check-enabled': 'false',
      'yarn.nodemanager.vmem-check-enabled': 'false',
      'yarn.nodemanager.disk-health-checker.enable': 'false',
      'yarn.nodemanager.env-whitelist': 'JAVA_HOME,PATH,LANG,TMPDIR,JDK_JAVA_OPTIONS,SHIP_ENV_NODE_ROOT',
      'yarn.scheduler.minimum-allocation-mb': 256,
      'yarn.application.classpath': ''
    },
    'capacity-scheduler': {
      'yarn.scheduler.capacity.root.queues': 'default',
      'yarn.scheduler.capacity.root.default.capacity': 100,
      'yarn.scheduler.capacity.maximum-am-resource-percent': 1
    }
  };
}

/** @returns {Promise<number>} a port of the loopback interface that nobody uses at the moment */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOCAL, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
