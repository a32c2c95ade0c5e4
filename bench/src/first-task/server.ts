/** Servers of a cluster, as processes. */
import { start } from '../../../scripts/lib/process.mjs';

/** A server that runs. */
export interface Server {
  /** What the first group of the pattern matched, or else all of it. */
  readonly found: string;
  /** Ends the server and all that it started, and waits. */
  stop(): Promise<void>;
}

/** A server to start. */
export interface ServerCommand {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A line of its output, stdout or stderr, that says that it is ready. */
  readonly ready: RegExp;
}

/**
 * Starts a server and waits until it is ready.
 *
 * @throws {@link Error} with its last lines when it ends before
 */
export async function startServer({ command, env, ready }: ServerCommand): Promise<Server> {
  const lines: string[] = [];
  let tell: (found: string) => void = () => undefined;
  const seen = new Promise<string>(resolve => (tell = resolve));
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
