/**
 * A cluster node of the measurements: a process tree with a mount namespace of its own (Linux). Its file system is a
 * fresh tmpfs, so that nothing of an earlier node is there and the machine's disk does not matter, and the folders of the
 * kernel are empty in it, so that no executor uses them by mistake.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { start } from '../../lib/process.mjs';

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

/**
 * @typedef {object} Server
 * @property {string} found what the pattern's first group matched
 * @property {() => Promise<void>} stop ends it and all that it started, and waits
 */

/**
 * Starts a server on a fresh node and waits for a line of its output.
 *
 * @param {object} of
 * @param {string} of.folder where the node's file system is mounted: `work` for Spark's or YARN's folders, `root` for
 *   what artifacts unpack, `tmp`
 * @param {readonly string[]} of.hidden folders that are empty on the node
 * @param {readonly string[]} of.command
 * @param {NodeJS.ProcessEnv} of.env
 * @param {RegExp} of.ready
 * @returns {Promise<Server>}
 */
export function startOnFreshNode({ folder, hidden, command, env, ready }) {
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

/**
 * Starts a server and waits for a line of its output, stdout or stderr.
 *
 * @param {object} of
 * @param {readonly string[]} of.command
 * @param {NodeJS.ProcessEnv} of.env
 * @param {RegExp} of.ready
 * @returns {Promise<Server>}
 * @throws {Error} with its last lines when it ends before
 */
export async function startServer({ command, env, ready }) {
  /** @type {string[]} */
  const lines = [];
  /** @type {(found: string) => void} */
  let tell;
  /** @type {Promise<string>} */
  const seen = new Promise(resolve => (tell = resolve));
  const { pid, ended } = start('sh', ['-c', 'exec "$@" 2>&1', 'sh', ...command], {
    env,
    onLine: line => {
      lines.push(line);
      lines.splice(0, lines.length - 40);
      const match = ready.exec(line);
      if (match !== null) {
        tell(match[1] ?? match[0]);
      }
    }
  });
  const found = await Promise.race([seen, ended.then(() => undefined)]);
  if (found === undefined || pid === undefined) {
    throw new Error(`${command.join(' ')} ended before it was ready:\n${lines.join('\n')}`);
  }
  let isOver = false;
  void ended.then(() => (isOver = true));
  return {
    found,
    stop: async () => {
      if (!isOver) {
        process.kill(pid, 'SIGTERM');
      }
      await ended;
    }
  };
}
