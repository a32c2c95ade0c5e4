/** HDFS with Kerberos on the loopback interface: a NameNode and a DataNode. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HADOOP_JARS } from '../setup/hadoop.mjs';
import { hadoopJava, startAll } from './hadoop-java.mjs';
import { freeAddress, hdfsSites, writeConfiguration } from './hadoop-sites.mjs';
import { DATA_NODE, DATA_NODE_READY, NAME_NODE, NAME_NODE_READY } from './hdfs.mjs';
import { REALM } from './kerberos.mjs';

/** The host in the principals of the servers. */
const HOST = 'localhost';

/**
 * @typedef {object} SecuredHdfs
 * @property {string} url `hdfs://localhost:<port>`
 * @property {string} client folder for HADOOP_CONF_DIR of a person: it names no key
 * @property {() => Promise<void>} stop
 */

/**
 * Starts HDFS for the realm. The user `alice` may write to it. Needs the jars of `installHadoop`.
 *
 * @param {object} options
 * @param {string} options.folder for data and configuration
 * @param {NodeJS.ProcessEnv} options.env of the servers
 * @param {import('./kerberos.mjs').Kerberos} options.kerberos
 * @returns {Promise<SecuredHdfs>}
 */
export async function startSecuredHdfs({ folder, env, kerberos }) {
  const [data, configuration, client] = ['secured-hdfs', 'secured-conf', 'client-conf'].map(name => join(folder, name));
  if (data === undefined || configuration === undefined || client === undefined) throw new Error('No folders.');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const address = (await freeAddress()).replace('127.0.0.1', HOST);
  const url = `hdfs://${address}`;
  const sites = hdfsSites(url, data);
  const person = {
    'core-site': { 'fs.defaultFS': url, 'hadoop.security.authentication': 'kerberos' },
    'hdfs-site': {
      'dfs.namenode.kerberos.principal': `nn/${HOST}@${REALM}`,
      'dfs.data.transfer.protection': 'authentication'
    }
  };
  const keys = {
    nn: await kerberos.keytab(`nn/${HOST}`),
    dn: await kerberos.keytab(`dn/${HOST}`),
    web: await kerberos.keytab(`HTTP/${HOST}`)
  };
  writeConfiguration(client, person);
  writeConfiguration(configuration, {
    'core-site': {
      ...sites['core-site'],
      ...person['core-site'],
      'hadoop.security.authorization': 'true',
      'hadoop.user.group.static.mapping.overrides': 'nn=supergroup;dn=;alice=supergroup;'
    },
    'hdfs-site': {
      ...sites['hdfs-site'],
      ...person['hdfs-site'],
      'dfs.namenode.keytab.file': keys.nn,
      'dfs.datanode.kerberos.principal': `dn/${HOST}@${REALM}`,
      'dfs.datanode.keytab.file': keys.dn,
      'dfs.web.authentication.kerberos.principal': `HTTP/${HOST}@${REALM}`,
      'dfs.web.authentication.kerberos.keytab': keys.web,
      'dfs.block.access.token.enable': 'true',
      'ignore.secure.ports.for.testing': 'true'
    }
  });
  const options = [`-Djava.security.krb5.conf=${kerberos.configuration}`];
  const java = hadoopJava({ classPath: `${configuration}:${HADOOP_JARS}/*`, env, options });
  const stop = async () => {
    await java.stop();
    rmSync(data, { recursive: true, force: true });
  };
  await startAll(stop, async () => {
    await java.run(NAME_NODE, '-format', '-force');
    await java.begin(NAME_NODE, NAME_NODE_READY);
    await java.begin(DATA_NODE, DATA_NODE_READY);
  });
  return { url, client, stop };
}
