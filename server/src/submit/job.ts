import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { JobOutput } from '../deployments/deployment.js';
import { hasCode } from '../errors.js';
import { ENDING_SIGNALS, handOver } from '../system/process/hand-over.js';

/** A spark-submit to run. */
export interface SparkSubmitRun {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** SPARK_HOME, for programs that end a job in the cluster. */
  readonly home: string;
  /** How to follow a job whose driver is in the cluster. */
  readonly output: JobOutput | undefined;
}

/** What shells add to the number of the signal that killed a program. */
const KILLED_BY = 128;

/** How long the program that ends a job in the cluster may take. The cluster may not answer. */
const CANCEL_TIMEOUT_MS = 30_000;

/**
 * Becomes the leader of a process group, and watches descriptor 3, whose other end this process holds. When this process is
 * gone, however it ended, the group gets SIGTERM, and SIGKILL ten seconds later. The watcher itself ignores the first one.
 */
const GUARDED = `
(trap '' INT TERM HUP; cat <&3; kill -TERM 0; sleep 10; kill -KILL 0) >/dev/null 2>&1 &
exec 3<&-
exec "$@"`;

/**
 * Runs spark-submit to its end. Its output is the output of this process. The first signal that ends programs goes to
 * spark-submit and to the driver, and ends a job in the cluster; a second one kills them at once.
 *
 * @returns the exit code of the job, where it can be known
 * @throws the signal's reason when it was aborted before
 */
export async function runJob(run: SparkSubmitRun, signal: AbortSignal): Promise<number> {
  await handOver(signal);
  const output = run.output === undefined ? 'inherit' : 'pipe';
  const child = spawn('/bin/sh', ['-c', GUARDED, 'sh', ...run.command], {
    env: run.env,
    // A group of its own, so that a driver never outlives spark-submit: the JVM leaves it alone when a signal ends the JVM.
    detached: true,
    stdio: ['ignore', output, output, 'pipe']
  });
  const job = new FollowedJob(run);
  job.follow(child.stdout, process.stdout);
  job.follow(child.stderr, process.stderr);
  const end = (name: NodeJS.Signals): void => void job.end(child, name);
  for (const name of ENDING_SIGNALS) process.on(name, end);
  const closed = once(child, 'close');
  const [code, killer] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // The watcher, and a driver that outlived spark-submit. Only then all output has come.
  kill(child, 'SIGKILL');
  await closed;
  await job.isEnded;
  for (const name of ENDING_SIGNALS) process.off(name, end);
  return job.exitCode ?? code ?? KILLED_BY + (killer === null ? 0 : constants.signals[killer]);
}

/** A job, as the output of spark-submit tells about it. */
class FollowedJob {
  /** The job's own exit code; undefined when the output does not tell. */
  exitCode: number | undefined;
  /** Settles when a job in the cluster was ended, or at once. */
  isEnded: Promise<void> = Promise.resolve();
  readonly #run: SparkSubmitRun;
  #cancelCommand: readonly string[] | undefined;
  #signals = 0;
  /** The program that ends a job in the cluster, while it runs. */
  #cancel: ChildProcess | undefined;

  constructor(run: SparkSubmitRun) {
    this.#run = run;
  }

  /** Passes a stream on, and reads its lines. */
  follow(stream: Readable | null, to: NodeJS.WritableStream): void {
    if (stream === null) return;
    stream.pipe(to, { end: false });
    createInterface(stream).on('line', line => {
      this.exitCode = this.#run.output?.exitCode?.(line) ?? this.exitCode;
      this.#cancelCommand = this.#run.output?.cancelCommand?.(line) ?? this.#cancelCommand;
    });
  }

  async end(child: ChildProcess, name: NodeJS.Signals): Promise<void> {
    this.#signals++;
    if (this.#signals > 1) {
      if (this.#cancel !== undefined) kill(this.#cancel, 'SIGKILL');
      kill(child, 'SIGKILL');
      return;
    }
    this.isEnded = this.#endInCluster();
    await this.isEnded;
    kill(child, name);
  }

  /** Ends the job in the cluster, which does not end with spark-submit. */
  async #endInCluster(): Promise<void> {
    const { output, home, env } = this.#run;
    if (output?.cancelCommand === undefined) return;
    const [program, ...args] = this.#cancelCommand ?? [];
    if (program === undefined) {
      process.stderr.write(
        'ship-env: the job may be in the cluster already, and may go on there: its id is not known.\n'
      );
      return;
    }
    const cancel = spawn(join(home, 'bin', program), args, { env, detached: true, stdio: ['ignore', 2, 2] });
    this.#cancel = cancel;
    const tooLong = setTimeout(() => {
      kill(cancel, 'SIGKILL');
    }, CANCEL_TIMEOUT_MS);
    const [code] = (await once(cancel, 'exit').catch((error: unknown) => [String(error)])) as [unknown];
    clearTimeout(tooLong);
    this.#cancel = undefined;
    if (code !== 0) {
      process.stderr.write(`ship-env: the job may go on in the cluster: ${[program, ...args].join(' ')} failed.\n`);
    }
  }
}

/** Sends a signal to the group of a process. */
function kill({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // macOS answers EPERM when only zombies of the group are left.
    if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
  }
}
