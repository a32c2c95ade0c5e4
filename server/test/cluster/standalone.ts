import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A master and one worker of Spark standalone, the worker without a view of some folders. */
export interface Standalone {
  /** `spark://127.0.0.1:<port>`. */
  readonly master: string;
  stop(): Promise<void>;
}

/**
 * Starts a master and a worker on free ports of the loopback interface. The worker, and so every executor, has its own
 * mount namespace, in which the hidden folders are empty: it cannot use them by mistake.
 *
 * @param folder - for their working files
 * @param env - environment variables with SPARK_HOME, from makeSparkHome
 * @param hidden - absolute paths of folders that the worker must not see
 */
export async function startStandalone(
  folder: string,
  env: Record<string, string>,
  hidden: readonly string[]
): Promise<Standalone> {
  const sparkClass = join(env['SPARK_HOME'] ?? '', 'bin', 'spark-class');
  const work = join(folder, 'work');
  await mkdir(work, { recursive: true });
  const master = start(
    [sparkClass, 'org.apache.spark.deploy.master.Master', '--host', '127.0.0.1', '--port', '0', '--webui-port', '0'],
    env
  );
  const url = await logged(master, /Starting Spark master at (spark:\/\/\S+)/);
  // The shell mounts and then becomes the worker; `unshare` gives any user the permission to mount.
  const hide =
    'for folder; do [ "$folder" = -- ] && break; mount -t tmpfs none "$folder" || exit 1; shift; done; shift; exec "$@"';
  const worker = start(
    [
      ...[
        'unshare',
        ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
        '--mount',
        'sh',
        '-c',
        hide,
        'sh',
        ...hidden,
        '--'
      ],
      ...[
        sparkClass,
        'org.apache.spark.deploy.worker.Worker',
        '--host',
        '127.0.0.1',
        '--port',
        '0',
        '--webui-port',
        '0'
      ],
      ...['--cores', '2', '--memory', '2g', '--work-dir', work, url]
    ],
    env
  );
  await logged(worker, /Successfully registered with master (\S+)/);
  return {
    master: url,
    stop: async () => {
      await end(worker);
      await end(master);
    }
  };
}

function start(command: readonly string[], env: Record<string, string>): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** The first group of the first line of the log that matches; fails with the log when the process ends before. */
async function logged(child: ChildProcess, pattern: RegExp): Promise<string> {
  if (child.stderr === null) throw new Error('the log is not piped');
  const lines: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    lines.push(line);
    const found = pattern.exec(line)?.[1];
    if (found === undefined) continue;
    // Keeps the pipe empty: the process would stop when it is full.
    child.stderr.resume();
    return found;
  }
  throw new Error(`${child.spawnfile} ended before it was ready:\n${lines.slice(-30).join('\n')}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
