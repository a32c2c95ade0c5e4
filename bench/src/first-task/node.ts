/**
 * A node of the cluster: a process tree with a mount namespace of its own (Linux). Its file system is a fresh tmpfs, so
 * nothing of an earlier node is there, and the machine's disk does not matter. The folders of the kernel are empty in it,
 * so no executor uses them by mistake.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type Server, type ServerCommand } from './server.js';

/** The first argument gets the fresh file system, those up to `--` are hidden, the rest is the command. */
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

/** A node to start, and the server on it. */
export interface NodeCommand extends ServerCommand {
  /**
   * Where the node's file system is mounted. It has `work` for Spark's or YARN's folders, `root` for what artifacts
   * unpack, and `tmp`.
   */
  readonly folder: string;
  /** Folders that are empty on the node. */
  readonly hidden: readonly string[];
}

/** Starts a server on a fresh node and waits until it is ready. */
export async function startOnFreshNode({ folder, hidden, command, env, ready }: NodeCommand): Promise<Server> {
  mkdirSync(folder, { recursive: true });
  // It makes anyone root inside of the namespace, who may mount there.
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const enter = ['unshare', ...asRoot, '--mount', 'sh', '-c', ENTER, 'sh', folder, ...hidden, '--'];
  return startServer({
    command: [...enter, ...command],
    env: { ...env, TMPDIR: join(folder, 'tmp'), SHIP_ENV_NODE_ROOT: join(folder, 'root') },
    ready
  });
}
