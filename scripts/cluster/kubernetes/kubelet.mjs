/**
 * A scheduler and a kubelet for one node: runs the pods of a namespace as processes of this machine. Each container has
 * namespaces and a root of its own (container.sh), and sees neither the kernel's environment nor its sources.
 *
 * One container for each pod; no init containers, no probes, no limits. All containers are in the machine's network.
 */
import { mkdirSync } from 'node:fs';
import { ask, podsOf, unless } from './api.mjs';
import { Pod } from './pod.mjs';

const INTERVAL_MS = 100;

/**
 * A running node.
 *
 * @typedef {object} Kubelet
 * @property {() => readonly Pod[]} pods all pods that it started so far, ended ones included
 * @property {() => Promise<void>} stop ends all containers and removes their files
 */

/**
 * Starts a node. Needs root and Linux.
 *
 * @param {object} options
 * @param {import('./api.mjs').ApiServer} options.server may do everything
 * @param {string} options.folder for the files of pods
 * @param {import('./image.mjs').Image} options.image of all containers
 * @param {string} [options.namespace]
 * @param {boolean} [options.isReal] the API server does what one does: pods must be bound, and deletions ended
 * @returns {Promise<Kubelet>}
 */
export async function startKubelet({ server, folder, image, namespace = 'default', isReal = false }) {
  mkdirSync(folder, { recursive: true });
  const node = { server, namespace, name: 'node-1', folder, image };
  if (isReal) {
    await unless(
      ask(server, 'POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: node.name } }),
      409
    );
  }
  const running = new RunningNode(node, isReal);
  return { pods: () => running.all, stop: async () => running.stop() };
}

class RunningNode {
  /** @type {Pod[]} all pods so far */
  all = [];
  /** @type {Map<string, Pod>} by uid */
  #active = new Map();
  #node;
  #isReal;
  #isOver = false;
  /** @type {Promise<Error | undefined>} */
  #working;

  /**
   * @param {import('./pod.mjs').Node} node
   * @param {boolean} isReal
   */
  constructor(node, isReal) {
    this.#node = node;
    this.#isReal = isReal;
    // An error ends the node, and `stop` throws it. Until then Spark waits for pods, so the error is told at once.
    this.#working = this.#work().then(
      () => undefined,
      (/** @type {unknown} */ error) => {
        console.error('The node failed:', error);
        return error instanceof Error ? error : new Error(String(error));
      }
    );
  }

  async stop() {
    this.#isOver = true;
    const error = await this.#working;
    this.all.forEach(pod => pod.kill());
    await Promise.all(this.all.map(async pod => pod.remove()));
    if (error !== undefined) {
      throw error;
    }
  }

  async #work() {
    while (!this.#isOver) {
      const objects = await podsOf(this.#node.server, this.#node.namespace);
      await this.#admit(objects);
      for (const [uid, pod] of this.#active) {
        await this.#advance(
          pod,
          objects.find(({ metadata }) => metadata.uid === uid)
        );
      }
      await new Promise(resolve => setTimeout(resolve, INTERVAL_MS));
    }
  }

  /** @param {readonly import('./api.mjs').KubernetesObject[]} objects */
  async #admit(objects) {
    for (const object of objects) {
      const { uid, deletionTimestamp } = object.metadata;
      const isNew = (object.status?.phase ?? 'Pending') === 'Pending' && deletionTimestamp === undefined;
      if (!isNew || this.#active.has(uid) || this.all.some(pod => pod.object.metadata.uid === uid)) {
        continue;
      }
      const pod = new Pod(this.#node, object, this.all.length);
      this.#active.set(uid, pod);
      this.all.push(pod);
      if (this.#isReal) {
        await pod.bind();
      }
      await pod.tell('Pending');
    }
  }

  /**
   * @param {Pod} pod
   * @param {import('./api.mjs').KubernetesObject | undefined} object as it is now; undefined when it is gone
   */
  async #advance(pod, object) {
    const isLeaving = object === undefined || object.metadata.deletionTimestamp !== undefined;
    if (!pod.isRunning && pod.exitCode === undefined) {
      if (!isLeaving && (await pod.start(await servicesOf(this.#node, [...this.#active.values()])))) {
        await pod.tell('Running');
      }
    } else if (pod.isRunning && isLeaving) {
      pod.stop(object?.metadata.deletionGracePeriodSeconds ?? 30);
    } else if (pod.exitCode !== undefined && object !== undefined && !pod.isTold) {
      pod.isTold = true;
      await pod.tell(pod.exitCode === 0 ? 'Succeeded' : 'Failed');
    }
    if (isLeaving && !pod.isRunning) {
      if (this.#isReal && object !== undefined) {
        await pod.forget();
      }
      this.#active.delete(pod.object.metadata.uid);
      await pod.remove();
    }
  }
}

/**
 * The cluster's DNS as lines of /etc/hosts: a service by its name, with the addresses of the pods that it selects.
 *
 * @param {import('./pod.mjs').Node} node
 * @param {readonly Pod[]} pods
 */
async function servicesOf({ server, namespace }, pods) {
  /** @type {{items: import('./api.mjs').KubernetesObject[]}} */
  const { items } = await ask(server, 'GET', `/api/v1/namespaces/${namespace}/services`);
  return items
    .flatMap(({ metadata, spec }) => {
      const wanted = Object.entries(spec.selector ?? {});
      return pods
        .filter(
          ({ object }) => wanted.length > 0 && wanted.every(([key, value]) => object.metadata.labels?.[key] === value)
        )
        .map(({ ip }) => `${ip} ${metadata.name}.${namespace}.svc\n`);
    })
    .join('');
}
