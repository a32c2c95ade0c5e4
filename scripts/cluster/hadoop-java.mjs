/** Programs of Hadoop in Java: servers that run until they are stopped, and commands. */
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { run } from '../lib/process.mjs';
import { startServer } from './server.mjs';

/** Options of every Java here: small, quick to start, and what Hadoop needs of Java 17. */
export const JAVA_OPTIONS = [
  ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  '--add-opens=java.base/java.lang=ALL-UNNAMED'
];

/**
 * @param {object} options
 * @param {string} options.classPath
 * @param {NodeJS.ProcessEnv} options.env
 * @param {readonly string[]} [options.options] further options of Java
 */
export function hadoopJava({ classPath, env, options = [] }) {
  const java = ['java', ...JAVA_OPTIONS, ...options, '-cp', classPath];
  /** @type {import('./server.mjs').Server[]} */
  const servers = [];
  return {
    /** @type {(name: string, ...args: readonly string[]) => Promise<string>} */
    run: async (name, ...args) => {
      const [program = '', ...rest] = [...java, name, ...args];
      return (await run(program, rest, { env, stdout: 'capture' })).output;
    },
    /** @type {(name: string, ready: RegExp) => Promise<import('./server.mjs').Server>} */
    begin: async (name, ready) => {
      const server = await startServer({ command: [...java, name], env, ready });
      servers.push(server);
      return server;
    },
    /** Ends all servers that were begun, the last one first. */
    stop: async () => {
      for (const server of servers.splice(0).reverse()) await server.stop();
    }
  };
}

/**
 * Starts servers; when one does not start, stops those that did.
 *
 * @param {() => Promise<void>} stop
 * @param {() => Promise<void>} start
 */
export async function startAll(stop, start) {
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns {string} folder of the Java on the PATH: programs that a node starts have no PATH */
export function javaHome() {
  const java = execFileSync('sh', ['-c', 'command -v java'], { encoding: 'utf8' }).trim();
  return dirname(dirname(realpathSync(java)));
}
