/** The volumes of a pod, as folders of this machine. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, unless } from './api.mjs';

/**
 * Makes the volumes of a pod.
 *
 * @param {import('./api.mjs').ApiServer} server
 * @param {string} namespace
 * @param {import('./api.mjs').KubernetesObject} pod
 * @param {string} folder for those that live as long as the pod
 * @returns {Promise<Map<string, string> | undefined>} their folders by their names; undefined while an object or a path
 *   that a volume needs is missing: a pod waits for that
 */
export async function makeVolumes(server, namespace, pod, folder) {
  /** @type {Map<string, string>} */
  const made = new Map();
  for (const volume of pod.spec.volumes ?? []) {
    const path = await makeVolume(server, namespace, volume, join(folder, volume.name));
    if (path === undefined) {
      return undefined;
    }
    made.set(volume.name, path);
  }
  return made;
}

/**
 * @param {import('./api.mjs').ApiServer} server
 * @param {string} namespace
 * @param {any} volume of the pod's specification
 * @param {string} folder for a volume that lives as long as the pod
 * @returns {Promise<string | undefined>}
 */
async function makeVolume(server, namespace, volume, folder) {
  if (volume.hostPath !== undefined) {
    return existsSync(volume.hostPath.path) ? volume.hostPath.path : undefined;
  }
  mkdirSync(folder, { recursive: true });
  if (volume.emptyDir !== undefined) {
    // A kubelet makes it so, without the sticky bit.
    chmodSync(folder, 0o777);
    return folder;
  }
  const [kind, { name, items }] =
    volume.configMap === undefined
      ? ['secrets', { name: volume.secret.secretName, items: volume.secret.items }]
      : ['configmaps', volume.configMap];
  const found = await unless(ask(server, 'GET', `/api/v1/namespaces/${namespace}/${kind}/${name}`), 404);
  if (found === undefined) {
    return undefined;
  }
  const data = Object.entries(found.data ?? {});
  for (const [key, text] of data) {
    const path = items === undefined ? key : items.find((/** @type {any} */ item) => item.key === key)?.path;
    if (path !== undefined) {
      writeFileSync(join(folder, path), kind === 'secrets' ? Buffer.from(text, 'base64') : text);
    }
  }
  return folder;
}
