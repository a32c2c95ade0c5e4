/** A Kerberos server of its own on the loopback interface: MIT's, from Debian. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/process.mjs';
import { freeAddress } from './hadoop-sites.mjs';
import { startServer } from './server.mjs';

export const REALM = 'SHIP.TEST';

/**
 * @typedef {object} Kerberos
 * @property {string} configuration path of krb5.conf, for KRB5_CONFIG
 * @property {(...names: readonly string[]) => Promise<string>} keytab makes principals with random keys; returns the
 *   path of a file with the keys
 * @property {(principal: string, keytab: string, cache: string, life: string) => Promise<void>} kinit gets a ticket of
 *   this life (`10s`) into a ticket cache
 * @property {(cache: string) => Promise<boolean>} isValid does the cache have a ticket that has not expired?
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a Kerberos server with an empty realm.
 *
 * @param {object} options
 * @param {string} options.folder for its data
 * @param {NodeJS.ProcessEnv} options.env
 * @returns {Promise<Kerberos>}
 */
export async function startKerberos({ folder: parent, env: given }) {
  const folder = join(parent, 'kerberos');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { configuration, profile } = writeRealm(folder, await freeAddress());
  const env = {
    ...given,
    PATH: `${given['PATH'] ?? ''}:/usr/sbin`,
    KRB5_CONFIG: configuration,
    KRB5_KDC_PROFILE: profile
  };
  await run('kdb5_util', ['create', '-s', '-r', REALM, '-P', 'of-the-test'], { env, stdout: 'capture' });
  const server = await startServer({ command: ['krb5kdc', '-n'], env, ready: /commencing operation/ });
  return {
    configuration,
    keytab: async (...names) => {
      const keytab = join(folder, `${names.join('+').replaceAll('/', '-')}.keytab`);
      for (const name of names) {
        await run('kadmin.local', ['-q', `addprinc -randkey ${name}`], { env, stdout: 'capture' });
        await run('kadmin.local', ['-q', `ktadd -k ${keytab} ${name}`], { env, stdout: 'capture' });
      }
      return keytab;
    },
    kinit: async (principal, keytab, cache, life) => {
      await run('kinit', ['-c', cache, '-l', life, '-k', '-t', keytab, principal], { env, stdout: 'capture' });
    },
    isValid: async cache => {
      const { code } = await run('klist', ['-s', '-c', cache], { env, stdout: 'capture', allowFailure: true });
      return code === 0;
    },
    stop: server.stop
  };
}

/**
 * Writes the configuration of clients and of the server.
 *
 * @param {string} folder
 * @param {string} address of the server
 * @returns {{configuration: string, profile: string}} paths for KRB5_CONFIG and KRB5_KDC_PROFILE
 */
function writeRealm(folder, address) {
  const [configuration, profile] = [join(folder, 'krb5.conf'), join(folder, 'kdc.conf')];
  writeFileSync(
    configuration,
    `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  kdc_timeout = 2000
  max_retries = 1
[realms]
  ${REALM} = {
    kdc = ${address}
  }
[logging]
  kdc = STDERR
`
  );
  writeFileSync(
    profile,
    `[realms]
  ${REALM} = {
    database_name = ${join(folder, 'principal')}
    key_stash_file = ${join(folder, 'stash')}
    acl_file = ${join(folder, 'acl')}
    kdc_listen = ${address}
    kdc_tcp_listen = ${address}
  }
`
  );
  return { configuration, profile };
}
