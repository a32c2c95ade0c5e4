/** Servers of a cluster, as processes. */
import { start } from '../lib/process.mjs';

/**
 * A server that runs.
 *
 * @typedef {object} Server
 * @property {string} found what the first group of the pattern matched, or else all of it
 * @property {() => Promise<void>} stop ends the server and all that it started, and waits
 */

/**
 * A server to start.
 *
 * @typedef {object} ServerCommand
 * @property {readonly string[]} command
 * @property {NodeJS.ProcessEnv} env
 * @property {RegExp} ready matches a line of its output, stdout or stderr, that says that it is ready
 */

/**
 * Starts a server and waits until it is ready.
 *
 * @param {ServerCommand} server
 * @returns {Promise<Server>}
 * @throws {Error} with its last lines when it ends before
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
