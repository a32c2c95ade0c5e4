import { access } from 'node:fs/promises';
import type { OptionValues } from '../contract/option-lists.js';
import type { ShipRequest } from '../contract/ship.js';
import type { Finding } from '../contract/snapshot.js';
import { preparePython } from '../deployments/plain/prepare.js';
import { parseMaster } from '../deployments/registry.js';
import { findExecutable } from '../environment/interpreter/interpreter.js';
import { ShipEnvError } from '../errors.js';
import { outputsByName } from '../ship/config.js';
import { ship } from '../ship/ship.js';
import { sparkDefaults } from '../spark/defaults.js';
import type { NamedShip } from '../ship/shipped.js';
import { StepRunner } from '../ship/steps.js';
import { withCache } from '../ship/with-cache.js';
import { sparkSubmitCommand } from '../submit/command.js';
import { findSparkSubmit } from '../submit/find.js';
import { runJob } from '../submit/job.js';
import { launcherIn } from '../submit/launcher.js';
import { clusterIn, parseJob, type JobWords, type Program } from '../submit/words.js';
import { Cache } from '../system/cache/cache.js';
import { inUse } from '../system/cache/use.js';
import { openTarget } from '../targets/index.js';
import { shellWord } from '../text/shell-word.js';
import { findingLines, formatLine } from './lines.js';
import { forOneJob, type OnCreated } from './for-one-job.js';
import { namedBy, toNamedRequest, toShipRequest } from './request.js';
import type { View } from './view.js';

/** What to do when no environment is active and nothing was named. */
const WHICH_ENVIRONMENT =
  'Name what was shipped (--release NAME, --artifact env-…), or an environment of this machine ' +
  '(--python path/to/venv/bin/python). These options stand before "--".';

/** What was shipped, for a job. */
interface ForJob {
  readonly artifact: string;
  readonly conf: Readonly<Record<string, string>>;
  readonly request: Omit<ShipRequest, 'python'>;
  /** The python of a driver on this machine. */
  readonly driverPython: string;
  /** The environment variables of spark-submit. */
  readonly env: NodeJS.ProcessEnv;
  readonly findings: readonly Finding[];
}

interface Context {
  readonly cache: Cache;
  readonly view: View;
  readonly signal: AbortSignal;
}

/**
 * `ship-env submit`: ships what changed, or takes what was shipped under a name, and runs a job with the person's own
 * spark-submit.
 *
 * @param words - what a person would write behind `spark-submit`
 * @returns the exit code of the job
 */
export async function submitCommand(
  options: OptionValues,
  words: readonly string[],
  view: View,
  signal: AbortSignal
): Promise<number> {
  const job = parseJob(words);
  await requireScript(job.program);
  const said = withCluster(options, job);
  const named = namedBy(said);
  const request = named === undefined ? await toShipRequest(said, process.env, WHICH_ENVIRONMENT) : undefined;
  if (said.ephemeral === true) await requireWaiting(words, request);
  const spark = await findSparkSubmit({ python: request?.python, env: process.env });
  const cache = await Cache.open();
  const context = { cache, view, signal };
  // spark-submit needs the files in the cache for as long as it runs.
  const submit = (onCreated?: OnCreated): Promise<number> =>
    inUse(cache.root, async () => {
      const { artifact, conf, env, ...shipped } = await withCache(cache, () =>
        named === undefined ? shipFor(request, { ...context, onCreated }) : useNamed(said, named, context)
      );
      const { deployMode } = shipped.request;
      const command = sparkSubmitCommand({
        sparkSubmit: spark.program,
        ...{ conf, deployMode, words: job },
        driverPython: deployMode === 'client' ? shipped.driverPython : undefined,
        launcher: job.program.kind === 'module' ? await launcherIn(cache, signal) : undefined
      });
      const variables = { SPARK_HOME: spark.home, ...env };
      if (said.json !== true) tell(shipped.findings);
      if (said.dryRun === true) {
        view.result({ type: 'result', artifact, command, env: changed(variables) }, [commandText(command, variables)]);
        return 0;
      }
      // Not the command: a person may have written a secret into it.
      view.result({ type: 'result', artifact }, []);
      const { jobOutput } = parseMaster(conf['spark.master'] ?? '').deployment;
      const output = deployMode === 'cluster' ? jobOutput : undefined;
      return runJob({ command, env: { ...process.env, ...variables }, home: spark.home, output }, signal);
    });
  return request === undefined || said.ephemeral !== true ? submit() : forOneJob(request, cache, submit);
}

async function shipFor(
  request: ShipRequest | undefined,
  { cache, view, signal, onCreated }: Context & { onCreated: OnCreated | undefined }
): Promise<ForJob> {
  if (request === undefined) throw new Error('A ship needs its request.');
  const { artifact, conf, findings } = await ship(request, {
    cache,
    signal,
    emit: event => view.step(event),
    onCreated
  });
  return {
    artifact: artifact.id,
    conf,
    request,
    driverPython: await findExecutable(request.python),
    env: {},
    findings
  };
}

/** The driver of the mode `client` runs in the shipped environment: this machine need not have any other. */
async function useNamed(options: OptionValues, named: NamedShip, { cache, view, signal }: Context): Promise<ForJob> {
  const request = await toNamedRequest(options);
  const target = await openTarget(request.target);
  try {
    const { shipped, outputs } = await outputsByName(request, named, target, signal);
    const { conf = {} } = outputs;
    const { id, artifact } = shipped.manifest;
    const common = { artifact: id, conf, request, findings: [] };
    if (request.deployMode === 'cluster') return { ...common, driverPython: '', env: {} };
    const steps = new StepRunner<'fetch'>(event => view.step(event), signal);
    const { path, env } = await steps.run('fetch', async report => {
      const onProgress = (done: number): void =>
        report({ done: Math.min(done, artifact.bytes), total: artifact.bytes, detail: artifact.name });
      const value = await preparePython(shipped, target, { cache, signal, onProgress, env: process.env });
      return { value, detail: artifact.name };
    });
    return { ...common, driverPython: path, env: changed(env) };
  } finally {
    target.close();
  }
}

/**
 * The options with the master and the deploy mode that the person gave to spark-submit.
 *
 * @throws ShipEnvError USAGE_INVALID when an option of ours says something else
 */
function withCluster(options: OptionValues, job: JobWords): OptionValues {
  const said = clusterIn(job);
  const conflicts = (['master', 'deployMode'] as const).filter(
    name => options[name] !== undefined && said[name] !== undefined && options[name] !== said[name]
  );
  if (conflicts.length === 0) return { ...options, ...said };
  const [name = 'master'] = conflicts;
  throw new ShipEnvError(
    'USAGE_INVALID',
    `The command line says ${String(options[name])} before "--", and ${String(said[name])} behind it.`,
    { hint: 'Say it once.' }
  );
}

/**
 * What is shipped for one job goes when spark-submit ends, so spark-submit must wait for the job.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
async function requireWaiting(words: readonly string[], request: ShipRequest | undefined): Promise<void> {
  const { properties } = await sparkDefaults({ python: request?.python, env: process.env });
  const set = [...Object.entries(properties).map(([key, value]) => `${key}=${value}`), ...words];
  const found = set.find(each => /\.waitAppCompletion\s*=\s*false$/iu.test(each));
  if (found === undefined) return;
  throw new ShipEnvError(
    'USAGE_INVALID',
    `--ephemeral removes what was shipped when spark-submit ends; with ${found} spark-submit ends before the job.`,
    { hint: 'Leave out --ephemeral, or let spark-submit wait for the job.' }
  );
}

/** A script that is not there must not cost a ship. A URI is for Spark to read. */
async function requireScript(program: Program): Promise<void> {
  if (program.kind !== 'script' || /^[a-z][a-z\d+.-]*:\//iu.test(program.path)) return;
  await access(program.path).catch((cause: unknown) => {
    throw new ShipEnvError('USAGE_INVALID', `The script ${program.path} does not exist, or cannot be read.`, {
      hint: 'Name the script of the job behind "--", or a module: -m package.module',
      cause
    });
  });
}

/** The variables that differ from those of this process. */
function changed(env: NodeJS.ProcessEnv): Record<string, string> {
  const pairs = Object.entries(env).filter(([name, value]) => value !== process.env[name]);
  return Object.fromEntries(pairs.map(([name, value]) => [name, value ?? '']));
}

/** The command as a person would write it in a POSIX shell. */
function commandText(command: readonly string[], env: NodeJS.ProcessEnv): string {
  const variables = Object.entries(changed(env)).map(([name, value]) => `${name}=${shellWord(value)}`);
  const lines: string[][] = [[...variables]];
  for (const [at, word] of command.entries()) {
    if (at > 0 && word.startsWith('--')) lines.push([]);
    lines.at(-1)?.push(shellWord(word));
  }
  return lines.map(line => line.join(' ')).join(' \\\n  ');
}

/** stdout belongs to the job. */
function tell(findings: readonly Finding[]): void {
  for (const line of findingLines(findings)) process.stderr.write(`${formatLine(line)}\n`);
}
