/** The configuration of Hadoop's servers. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** @typedef {Readonly<Record<string, Readonly<Record<string, string | number>>>>} Sites properties by file: core-site, … */

const LOCAL = '127.0.0.1';
const ANY = `${LOCAL}:0`;

/** @returns {Promise<string>} `127.0.0.1:<port>` with a free port */
export async function freeAddress() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOCAL, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(`${LOCAL}:${port}`));
    });
  });
}

/**
 * @param {string} address of the NameNode
 * @param {string} data folder for all data
 * @param {string} [http] address of the NameNode's HTTP interface
 * @returns {Sites}
 */
export function hdfsSites(address, data, http = ANY) {
  return {
    'core-site': { 'fs.defaultFS': address, 'hadoop.tmp.dir': join(data, 'tmp') },
    'hdfs-site': {
      'dfs.replication': 1,
      'dfs.namenode.name.dir': join(data, 'name'),
      'dfs.datanode.data.dir': join(data, 'data'),
      'dfs.namenode.http-address': http,
      'dfs.datanode.address': ANY,
      'dfs.datanode.http.address': ANY,
      'dfs.datanode.ipc.address': ANY,
      'dfs.namenode.datanode.registration.ip-hostname-check': 'false'
    }
  };
}

/**
 * @param {string} node folder of the node's file system
 * @returns {Promise<Sites>}
 */
export async function yarnSites(node) {
  const work = join(node, 'work');
  return {
    'yarn-site': {
      'yarn.resourcemanager.address': await freeAddress(),
      'yarn.resourcemanager.scheduler.address': await freeAddress(),
      'yarn.resourcemanager.resource-tracker.address': await freeAddress(),
      'yarn.resourcemanager.admin.address': await freeAddress(),
      'yarn.resourcemanager.webapp.address': ANY,
      'yarn.nodemanager.address': ANY,
      'yarn.nodemanager.localizer.address': await freeAddress(),
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

/**
 * @param {string} folder of the configuration; made anew
 * @param {Sites} sites
 */
export function writeConfiguration(folder, sites) {
  rmSync(folder, { recursive: true, force: true });
  // The jars lack the web pages, but the servers do not start without the folders of the pages.
  for (const name of ['hdfs', 'datanode', 'secondary', 'static']) {
    mkdirSync(join(folder, 'webapps', name), { recursive: true });
  }
  for (const [name, properties] of Object.entries(sites)) {
    const rows = Object.entries(properties).map(
      ([key, value]) => `  <property><name>${key}</name><value>${value}</value></property>\n`
    );
    writeFileSync(join(folder, `${name}.xml`), `<configuration>\n${rows.join('')}</configuration>\n`);
  }
  const log = {
    'log4j.rootLogger': 'INFO, console',
    'log4j.appender.console': 'org.apache.log4j.ConsoleAppender',
    'log4j.appender.console.layout': 'org.apache.log4j.PatternLayout',
    'log4j.appender.console.layout.ConversionPattern': '%p %c{1}: %m%n'
  };
  const lines = Object.entries(log).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(folder, 'log4j.properties'), lines.join(''));
}
