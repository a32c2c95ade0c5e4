import * as z from 'zod';
import type { Interpreter } from '../contract/snapshot.js';
import { ShipEnvError } from '../errors.js';
import { ProcessError, run } from '../system/process/run.js';
import { parseJson } from '../text/json.js';
import { shown } from '../text/shown.js';
import { DRIVER_SCRIPT } from './driver-script.js';
import type { Round } from './node-facts.js';
import { nodeScript } from './node-script.js';

/** A session to start, and what to ask its executors. */
export interface Question {
  /** The kernel python, with the person's pyspark. */
  readonly python: string;
  readonly interpreter: Pick<Interpreter, 'implementation' | 'minor' | 'abiTag'>;
  /** Empty: Spark's configuration names the master. */
  readonly master: string;
  /** Spark properties that the target needs. */
  readonly conf: Readonly<Record<string, string>>;
  /** The probe object on the target; empty texts when there is none. */
  readonly object: { readonly name: string; readonly text: string; readonly uri: string; readonly path: string };
}

/** What the executors answered. */
export interface Answer {
  readonly spark: string;
  readonly master: string;
  readonly rounds: readonly Round[];
  /** The round in which the tasks looked for the probe object, or why Spark could not bring it. */
  readonly reach: Round | { readonly by: 'driver' | 'node'; readonly message: string } | undefined;
}

/** How far a session is. */
export type Stage =
  { readonly name: 'executors'; readonly count: number } | { readonly name: 'asking' } | { readonly name: 'reading' };

/** Seconds to wait for the first executor, and without a new one before the nodes are asked; the most rounds. */
const LIMITS = { patience: 120, settle: 1.5, rounds: 6 };

/** A tiny session that asks for nothing but executors. */
const TINY: Readonly<Record<string, string>> = {
  'spark.submit.deployMode': 'client',
  'spark.ui.enabled': 'false',
  'spark.ui.showConsoleProgress': 'false',
  'spark.eventLog.enabled': 'false',
  // With it, executors would come only while tasks wait.
  'spark.dynamicAllocation.enabled': 'false'
};

const round = z.object({ started: z.number(), ended: z.number(), text: z.string() });
const line = z.union([
  z.object({ failed: z.enum(['pyspark', 'session', 'executors', 'job']), message: z.string() }),
  z.object({ spark: z.string(), master: z.string() }),
  z.object({ executors: z.number() }),
  z.object({ stage: z.enum(['asking', 'reading']) }),
  z.object({ round }),
  z.object({ reach: round }),
  z.object({ unreached: z.string(), by: z.enum(['driver', 'node']) }),
  z.object({ finished: z.literal(true) })
]);
type DriverLine = z.infer<typeof line>;
type Failure = Extract<DriverLine, { failed: unknown }>;

/** Lines of Spark's log that an error shows. */
const MOST_LOG_LINES = 6;

/**
 * Starts a session with the person's own pyspark, asks each executor, and ends the session.
 *
 * @throws ShipEnvError KERNEL_NO_PYSPARK, PROBE_FAILED, PROBE_NO_EXECUTOR
 */
export async function askExecutors(
  question: Question,
  { signal, onStage }: { readonly signal: AbortSignal; readonly onStage: (stage: Stage) => void }
): Promise<Answer> {
  const { python, interpreter, master, conf, object } = question;
  const lines: DriverLine[] = [];
  const input = JSON.stringify({
    ...LIMITS,
    master,
    conf: { ...conf, ...TINY },
    object,
    script: nodeScript(interpreter)
  });
  let log = '';
  try {
    const { stderr } = await run(python, ['-c', DRIVER_SCRIPT], {
      signal,
      input,
      // A server of Spark Connect would be asked otherwise, and workers would be those of another python.
      env: { SPARK_REMOTE: undefined, SPARK_CONNECT_MODE_ENABLED: undefined },
      onLine: text => {
        const parsed = line.safeParse(parseJson(text));
        if (!parsed.success) return;
        lines.push(parsed.data);
        if ('executors' in parsed.data) onStage({ name: 'executors', count: parsed.data.executors });
        if ('stage' in parsed.data) onStage({ name: parsed.data.stage });
      }
    });
    log = stderr;
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw failed(question, `the driver ended before the nodes had answered. ${error.message}`, error.stderrTail, error);
  }
  const failure = lines.find((each): each is Failure => 'failed' in each);
  if (failure !== undefined) throw toError(question, failure, log);
  return answerOf(question, lines, log);
}

function answerOf(question: Question, lines: readonly DriverLine[], log: string): Answer {
  const session = lines.find(each => 'spark' in each);
  if (session === undefined || !lines.some(each => 'finished' in each)) {
    throw failed(question, 'the driver ended without an answer.', log);
  }
  const reached = lines.flatMap(each => ('reach' in each ? [each.reach] : []))[0];
  const unreached = lines.flatMap(each => ('unreached' in each ? [{ by: each.by, message: each.unreached }] : []))[0];
  return {
    ...session,
    rounds: lines.flatMap(each => ('round' in each ? [each.round] : [])),
    reach: reached ?? unreached
  };
}

function toError(question: Question, { failed: what, message }: Failure, log: string): ShipEnvError {
  switch (what) {
    case 'pyspark':
      return new ShipEnvError('KERNEL_NO_PYSPARK', `${question.python} cannot import pyspark: ${shown(message)}`, {
        hint: "Install the cluster's version: pip install pyspark==<version>. Without a cluster use --platform."
      });
    case 'executors':
      return new ShipEnvError(
        'PROBE_NO_EXECUTOR',
        `The cluster of ${question.master || 'the configured master'} started no executor within ${LIMITS.patience} seconds.`,
        {
          hint: 'It may be full, or have no node with the memory that spark-defaults.conf asks for. Its web page shows what waits.',
          cause: logged(log)
        }
      );
    case 'session':
      return failed(question, `Spark did not start a session: ${shown(message, 1000)}`, log);
    case 'job':
      return failed(question, `the job on the nodes failed: ${shown(message, 1000)}`, log);
  }
}

function failed({ master }: Question, why: string, log: string, cause?: unknown): ShipEnvError {
  return new ShipEnvError('PROBE_FAILED', `Asking the cluster of ${master || 'the configured master'}: ${why}`, {
    hint: 'The same session fails in a notebook: start it there with this master, and read its log.',
    cause: logged(log, cause)
  });
}

/** The last lines of Spark's log, as a cause. */
function logged(log: string, cause?: unknown): Error | undefined {
  const last = log.split('\n').filter(text => text.trim() !== '' && !/^\s+at |^\s*\.\.\. /.test(text));
  if (last.length === 0) return cause instanceof Error ? cause : undefined;
  return new Error(
    last
      .slice(-MOST_LOG_LINES)
      .map(text => shown(text))
      .join('\n'),
    { cause }
  );
}
