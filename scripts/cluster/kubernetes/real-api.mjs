/** A real API server of Kubernetes with RBAC, and its etcd, on the loopback interface. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_SERVER, ETCD_SERVER } from '../../setup/kubernetes-servers.mjs';
import { freeAddress } from '../hadoop-sites.mjs';
import { startServer } from '../server.mjs';
import { ask } from './api.mjs';

/** What Spark in client mode needs to be allowed. */
const RULES = [
  {
    apiGroups: [''],
    resources: ['pods'],
    verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete', 'deletecollection']
  },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'deletecollection'] },
  { apiGroups: [''], resources: ['services', 'persistentvolumeclaims'], verbs: ['deletecollection'] }
];

/**
 * Starts etcd and the API server. Needs `installKubernetesServers`.
 *
 * @param {string} folder for data, keys and certificates
 * @returns {Promise<import('./api.mjs').ApiServer & {caFile: string, stop: () => Promise<void>}>} with the token of an
 *   administrator
 * @throws {Error} with the last lines of the server that did not start
 */
export async function startRealApi(folder) {
  const at = (/** @type {string} */ name) => join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const token = randomBytes(24).toString('hex');
  writeFileSync(at('tokens.csv'), `${token},admin,1,"system:masters"\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(at('accounts.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  const [clients, peers] = [`http://${await freeAddress()}`, `http://${await freeAddress()}`];
  const etcd = await startServer({
    command: [
      ...[ETCD_SERVER, '--data-dir', at('etcd'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', clients, '--advertise-client-urls', clients],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`]
    ],
    env: process.env,
    ready: /ready to serve client requests/
  });
  try {
    const address = await freeAddress();
    const server = await startServer({
      command: [
        ...[
          API_SERVER,
          `--etcd-servers=${clients}`,
          `--secure-port=${address.split(':')[1]}`,
          `--cert-dir=${at('tls')}`
        ],
        ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'],
        ...[`--token-auth-file=${at('tokens.csv')}`, '--authorization-mode=RBAC', '--anonymous-auth=false'],
        ...['--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.0.0.0/24'],
        ...[`--service-account-signing-key-file=${at('accounts.key')}`],
        ...[`--service-account-key-file=${at('accounts.key')}`, '--disable-admission-plugins=ServiceAccount']
      ],
      env: process.env,
      ready:
        /Caches are synced.*cluster_authentication_trust_controller|Starting cluster_authentication_trust_controller/
    });
    const caFile = at('tls/apiserver.crt');
    const api = { url: `https://${address}`, token, ca: readFileSync(caFile, 'utf8'), caFile };
    await untilReady(api);
    return {
      ...api,
      stop: async () => {
        await server.stop();
        await etcd.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    };
  } catch (error) {
    await etcd.stop();
    throw error;
  }
}

/** @param {import('./api.mjs').ApiServer} server */
async function untilReady(server) {
  for (;;) {
    // Some checks fail until the server has made its own roles.
    if (await ask(server, 'GET', '/readyz?verbose=false').then(() => true, isReady)) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** @param {unknown} error "ok" is no JSON @returns {boolean} */
function isReady(error) {
  return error instanceof SyntaxError;
}

/**
 * Makes a service account, as the administrator of a cluster does for a person.
 *
 * @param {import('./api.mjs').ApiServer} server
 * @param {string} name
 * @param {boolean} mayRunSpark gives it a role with what Spark needs
 * @returns {Promise<string>} a token of the account
 */
export async function addServiceAccount(server, name, mayRunSpark) {
  const core = '/api/v1/namespaces/default/serviceaccounts';
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await ask(server, 'POST', core, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  if (mayRunSpark) {
    await ask(server, 'POST', `${rbac}/roles`, { apiVersion, kind: 'Role', metadata: { name }, rules: RULES });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const subjects = [{ kind: 'ServiceAccount', name, namespace: 'default' }];
    const binding = { apiVersion, kind: 'RoleBinding', metadata: { name }, roleRef, subjects };
    await ask(server, 'POST', `${rbac}/rolebindings`, binding);
  }
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } };
  return (await ask(server, 'POST', `${core}/${name}/token`, request)).status.token;
}
