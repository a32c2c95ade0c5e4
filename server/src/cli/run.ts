import { CURRENT_VARIABLE, type CurrentShip } from '../contract/current.js';
import type { OptionValues } from '../contract/option-lists.js';
import type { RunStepEvent } from '../contract/ship.js';
import type { Shipped } from '../deployments/deployment.js';
import { become, runToEnd } from '../deployments/plain/become.js';
import { preparePython, type PreparedPython } from '../deployments/plain/prepare.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { shippedAs } from '../ship/arrange.js';
import { readAgainIfChanged } from '../ship/read-again.js';
import { shippedByName, shippedEnvironment } from '../ship/shipped.js';
import { ship } from '../ship/ship.js';
import { StepRunner, type Report } from '../ship/steps.js';
import { withCache } from '../ship/with-cache.js';
import { pointerPayload } from '../content/code/pointer-file.js';
import { Cache } from '../system/cache/cache.js';
import { inUse } from '../system/cache/use.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import { forOneJob } from './for-one-job.js';
import { namedBy, toShipRequest } from './request.js';
import type { View } from './view.js';

/** What to do when no environment is active and none was named. */
const WHICH_ENVIRONMENT =
  'Name what was shipped (--release NAME, --artifact env-…), or an environment of this machine (--python path/to/venv/bin/python). ' +
  'These options stand before the script.';

/** The context of a run until its program starts. */
interface RunContext {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  readonly steps: StepRunner<RunStepEvent['name']>;
}

/**
 * `ship-env run`: replaces this process by the python of a shipped environment.
 *
 * @param words - the arguments of python: a script and its arguments, `-m module`, `-c code`, or nothing
 * @returns the exit code of the program, on systems where this process cannot be replaced
 */
export async function runCommand(
  options: OptionValues,
  words: readonly string[],
  view: View,
  signal: AbortSignal
): Promise<number> {
  const cache = await Cache.open();
  const steps = new StepRunner<RunStepEvent['name']>(event => view.step(event), signal);
  const begin = async (): Promise<PreparedPython> => {
    const { python, shipped, target } = await withCache(cache, () => prepare(options, { cache, signal, steps }));
    const code = shipped.code.map(({ fileName }) => fileName);
    view.result({ type: 'result', artifact: shipped.manifest.id, code }, []);
    return { ...python, env: { ...python.env, [CURRENT_VARIABLE]: JSON.stringify(currentOf(target, shipped)) } };
  };
  // The program needs the files in the cache for as long as it runs. It keeps the process id, so the mark stays valid.
  return inUse(cache.root, async () => {
    if (options.ephemeral !== true) return become(await begin(), words, signal);
    const request = await toShipRequest(options, process.env, WHICH_ENVIRONMENT);
    return forOneJob(request, cache, async onCreated => {
      await withCache(cache, () => ship(request, { cache, signal, emit: event => view.step(event), onCreated }));
      return runToEnd(await begin(), words, signal);
    });
  });
}

async function prepare(
  options: OptionValues,
  context: RunContext
): Promise<{ python: PreparedPython; shipped: Shipped; target: string }> {
  const settings = await targetOf(options);
  const target = await openTarget(settings, options.python);
  try {
    const { cache, signal, steps } = context;
    const shipped = await shippedOn(target, options, context);
    const python = await steps.run('fetch', async report => {
      const onProgress = progressOf(shipped, report);
      const value = await preparePython(shipped, target, { cache, signal, onProgress, env: process.env });
      return { value, detail: shipped.manifest.artifact.name };
    });
    return { python, shipped, target: settings.name || settings.url };
  } finally {
    target.close();
  }
}

/** What the program can learn about itself. @param target - as `--target` takes it */
function currentOf(target: string, { manifest, pointer }: Shipped): CurrentShip {
  const [, bundle = ''] = process.argv;
  const code = pointer === undefined ? [] : ['--code', pointer];
  return {
    shipEnv: [process.execPath, ...process.execArgv, bundle],
    options: ['--target', target, '--artifact', manifest.id, ...code]
  };
}

async function targetOf({ target }: OptionValues): Promise<Parameters<typeof openTarget>[0]> {
  return resolveTarget(target, await readSettings());
}

async function shippedOn(
  target: Target,
  options: OptionValues,
  { cache, signal, steps }: RunContext
): Promise<Shipped> {
  const named = namedBy(options);
  if (named !== undefined) return shippedByName(target, named, signal);
  const request = await toShipRequest(options, process.env, WHICH_ENVIRONMENT);
  const { manifest, code } = await readAgainIfChanged(
    () => shippedEnvironment(request, target, steps, { cache, signal }),
    signal
  );
  const archives = code.map(({ archive }) => archive);
  return shippedAs(manifest, archives, pointerPayload(archives)?.name);
}

/** Progress counts the bytes of the artifact only: the other files are small. */
function progressOf({ manifest }: Shipped, report: Report): (bytes: number) => void {
  const { name, bytes: total } = manifest.artifact;
  return done => report({ done: Math.min(done, total), total, detail: name });
}
