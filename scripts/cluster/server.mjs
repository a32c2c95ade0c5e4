/** Servers of a cluster, as processes. */
import { start } from '../lib/process.mjs';

/**
 * A running server.
 *
 * @typedef {object} Server
 * @property {string} found the match of the pattern's first group, else the whole match
 * @property {() => Promise<void>} stop ends the server and all its child processes, and waits
 */

/**
 * A server to start.
 *
 * @typedef {object} ServerCommand
 * @property {readonly string[]} command
 * @property {NodeJS.ProcessEnv} env
 * @property {RegExp} ready matches the line of stdout or stderr that says that the server is ready
 */

/**
 * Starts a server and waits until it is ready.
 *
 * @param {ServerCommand} server
 * @returns {Promise<Server>}
 * @throws {Error} with its last lines when it ends before it is ready
 */
export async function startServer({ command, env, ready }) {
  /** @type {string[]} */
  const lines = [];
  /** @type {(found: string) => void} */
  let tell = () => undefined;
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
