/** One pod: a container as a local process, with volumes and a status. */
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../../lib/process.mjs';
import { ask, unless } from './api.mjs';
import { makeVolumes } from './volumes.mjs';

const CONTAINER = fileURLToPath(new URL('container.sh', import.meta.url));

/** The user and the group of Spark's images. */
const [UID, GID] = [185, 0];

/**
 * What the pods of a node share.
 *
 * @typedef {object} Node
 * @property {import('./api.mjs').ApiServer} server
 * @property {string} namespace
 * @property {string} name of the node
 * @property {string} folder for the files of its pods
 * @property {import('./image.mjs').Image} image
 */

export class Pod {
  #node;
  #folder;
  /** @type {ReturnType<typeof start> | undefined} */
  #process;
  #started = '';
  #isStopping = false;
  /** @type {number | undefined} */
  exitCode;
  /** The end was written into the status. */
  isTold = false;
  /** What the container printed. */
  log = '';

  /**
   * @param {Node} node
   * @param {import('./api.mjs').KubernetesObject} object
   * @param {number} number of the pod on its node
   */
  constructor(node, object, number) {
    this.#node = node;
    this.object = object;
    this.name = object.metadata.name;
    // All of 127/8 is loopback: each pod has an address of its own.
    this.ip = `127.0.${1 + Math.floor(number / 200)}.${2 + (number % 200)}`;
    this.#folder = join(node.folder, object.metadata.uid);
  }

  get #path() {
    return `/api/v1/namespaces/${this.#node.namespace}/pods/${this.name}`;
  }

  get #container() {
    return this.object.spec.containers[0];
  }

  /** @returns {boolean} whether the container was started and runs */
  get isRunning() {
    return this.#process !== undefined && this.exitCode === undefined;
  }

  /**
   * Starts the container, unless it waits for a volume.
   *
   * @param {string} services lines of /etc/hosts
   * @returns {Promise<boolean>}
   */
  async start(services) {
    const { server, namespace, image } = this.#node;
    const volumes = await makeVolumes(server, namespace, this.object, join(this.#folder, 'volumes'));
    if (volumes === undefined) {
      return false;
    }
    const hostname = this.object.spec.hostname ?? this.name;
    this.#writeFiles(hostname, services, volumes);
    const namespaces = ['--mount', '--pid', '--fork', '--uts', '--ipc', '--kill-child', '--propagation', 'private'];
    const { command = [], args = [] } = this.#container;
    const how = [CONTAINER, this.#folder, String(UID), String(GID), hostname, '--', ...command, ...args];
    const add = (/** @type {string} */ line) => (this.log += `${line}\n`);
    const process = start('unshare', [...namespaces, 'sh', ...how], {
      env: { ...image.env, ...this.#env() },
      onLine: add,
      onErrorLine: add
    });
    this.#process = process;
    this.#started = now();
    void process.ended.then(({ code }) => (this.exitCode = code));
    return true;
  }

  /**
   * @param {string} hostname
   * @param {string} services
   * @param {ReadonlyMap<string, string>} volumes
   */
  #writeFiles(hostname, services, volumes) {
    const at = (/** @type {string} */ name) => join(this.#folder, name);
    for (const name of ['root', 'tmp', 'work-dir', 'etc']) {
      mkdirSync(at(name), { recursive: true });
    }
    chmodSync(at('tmp'), 0o1777);
    chownSync(at('work-dir'), UID, GID);
    chmodSync(at('work-dir'), 0o775);
    const users = readFileSync('/etc/passwd', 'utf8');
    writeFileSync(at('etc/passwd'), `${users}spark:x:${UID}:${GID}:spark:/nonexistent:/bin/false\n`);
    writeFileSync(at('etc/hosts'), `127.0.0.1 localhost\n${this.ip} ${hostname}\n${services}`);
    writeFileSync(at('etc/hostname'), `${hostname}\n`);
    const files = Object.entries(this.#node.image.files);
    writeFileSync(at('image'), files.map(([target, source]) => `${source}\t${target}\n`).join(''));
    /** @type {any[]} */
    const mounts = [...(this.#container.volumeMounts ?? [])];
    mounts.sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
    const lines = mounts
      .filter(({ name }) => volumes.has(name))
      .map(({ name, mountPath, subPath = '', readOnly = false }) =>
        [join(volumes.get(name) ?? '', subPath), mountPath, readOnly ? 'ro' : 'rw'].join('\t')
      );
    writeFileSync(at('mounts'), lines.map(line => `${line}\n`).join(''));
  }

  /** @returns {Record<string, string>} environment variables of the container */
  #env() {
    /** @type {Readonly<Record<string, string>>} */
    const fields = {
      'status.podIP': this.ip,
      'status.hostIP': '127.0.0.1',
      'metadata.name': this.name,
      'metadata.namespace': this.#node.namespace,
      'spec.nodeName': this.#node.name
    };
    /** @type {any[]} */
    const variables = this.#container.env ?? [];
    return {
      HOSTNAME: this.name,
      // A pod's own address is a loopback one here. Without this, Spark takes the address of another interface.
      SPARK_LOCAL_IP: this.ip,
      ...Object.fromEntries(
        variables.map(({ name, value = '', valueFrom }) => [
          name,
          valueFrom === undefined ? value : (fields[valueFrom.fieldRef?.fieldPath] ?? '')
        ])
      )
    };
  }

  /**
   * Writes the status. A JSON patch replaces it: the merge patch of the API in memory appends to lists.
   *
   * @param {'Pending' | 'Running' | 'Succeeded' | 'Failed'} phase
   */
  async tell(phase) {
    const isReady = phase === 'Running';
    const code = this.exitCode ?? 0;
    const state = {
      Pending: { waiting: { reason: 'ContainerCreating' } },
      Running: { running: { startedAt: this.#started } },
      Succeeded: { terminated: this.#ended(code, 'Completed') },
      Failed: { terminated: this.#ended(code, 'Error') }
    }[phase];
    const { name, image = '' } = this.#container;
    const status = {
      phase,
      podIP: this.ip,
      podIPs: [{ ip: this.ip }],
      hostIP: '127.0.0.1',
      startTime: this.#started || now(),
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: isReady ? 'True' : 'False' }
      ],
      containerStatuses: [{ name, image, imageID: '', ready: isReady, started: isReady, restartCount: 0, state }]
    };
    const patch = [{ op: 'add', path: '/status', value: status }];
    const asking = ask(this.#node.server, 'PATCH', `${this.#path}/status`, patch, 'application/json-patch+json');
    await unless(asking, 404, 409);
  }

  /**
   * @param {number} exitCode
   * @param {string} reason
   */
  #ended(exitCode, reason) {
    return { exitCode, reason, startedAt: this.#started, finishedAt: now() };
  }

  /** Puts the pod on the node, which a scheduler does. */
  async bind() {
    if (this.object.spec.nodeName !== undefined) {
      return;
    }
    const target = { apiVersion: 'v1', kind: 'Node', name: this.#node.name };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: this.name }, target };
    await unless(ask(this.#node.server, 'POST', `${this.#path}/binding`, binding), 404, 409);
  }

  /**
   * Asks the container to end, and ends it when the grace period is over.
   *
   * @param {number} graceSeconds
   */
  stop(graceSeconds) {
    if (this.#isStopping || this.#process?.pid === undefined) {
      return;
    }
    this.#isStopping = true;
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceSeconds * 1000);
    void this.#process.ended.then(() => clearTimeout(timer));
  }

  /** Sends a signal to the first process of the container. @param {NodeJS.Signals} name */
  signal(name) {
    const pid = this.#process?.pid;
    if (pid === undefined || !this.isRunning) {
      return;
    }
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)) {
      process.kill(Number(child), name);
    }
  }

  /** Waits for the end of the container. */
  async ended() {
    await this.#process?.ended;
  }

  /** Ends all processes of the container at once. */
  kill() {
    this.#process?.stop('SIGKILL');
  }

  /** Removes the pod from the API when it has ended and was deleted. */
  async forget() {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 };
    await unless(ask(this.#node.server, 'DELETE', this.#path, options), 404, 409);
  }

  /** Waits for the end of the container, and removes its files. */
  async remove() {
    await this.#process?.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function now() {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
