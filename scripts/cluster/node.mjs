/**
 * A node of the cluster: a process tree with its own mount namespace (Linux). Its file system is a fresh tmpfs, so it
 * has no files of an earlier node, and the machine's disk does not matter. The folders of the kernel are empty in it,
 * so no executor uses them by mistake.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from './server.mjs';

/**
 * The first argument is the mount point of the fresh file system, the arguments up to `--` are folders to hide, the
 * rest is the command.
 */
const ENTER = `
folder=$1; shift
mount -t tmpfs -o mode=700 none "$folder" || exit 1
mkdir -m 700 "$folder/root" "$folder/work" "$folder/tmp" || exit 1
for hidden; do
  [ "$hidden" = -- ] && break
  mount -t tmpfs none "$hidden" || exit 1
  shift
done
shift
exec "$@"`;

/**
 * A node to start, and the server on it. The node's file system is mounted at `folder`. It has `work` for Spark's or
 * YARN's folders, `root` as the node root, and `tmp`. The `hidden` folders are empty on the node.
 *
 * @typedef {import('./server.mjs').ServerCommand & {folder: string, hidden: readonly string[]}} NodeCommand
 */

/**
 * Starts a server on a fresh node and waits until it is ready.
 *
 * @param {NodeCommand} node
 * @returns {Promise<import('./server.mjs').Server>}
 * @throws {Error} with its last lines when it ends before it is ready
 */
export async function startOnFreshNode({ folder, hidden, command, env, ready }) {
  mkdirSync(folder, { recursive: true });
  // This option makes the user root inside the namespace, which allows mounts there.
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const enter = ['unshare', ...asRoot, '--mount', 'sh', '-c', ENTER, 'sh', folder, ...hidden, '--'];
  return startServer({
    command: [...enter, ...command],
    env: { ...env, TMPDIR: join(folder, 'tmp'), SHIP_ENV_NODE_ROOT: join(folder, 'root') },
    ready
  });
}
