import type { OptionValues } from '../contract/option-lists.js';
import type { RunStepEvent } from '../contract/ship.js';
import type { Shipped } from '../deployments/deployment.js';
import { become } from '../deployments/plain/become.js';
import { preparePython, type PreparedPython } from '../deployments/plain/prepare.js';
import { ShipEnvError } from '../errors.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { shippedAs } from '../ship/arrange.js';
import { readAgainIfChanged } from '../ship/read-again.js';
import { shippedByName, shippedEnvironment } from '../ship/shipped.js';
import { StepRunner, type Report } from '../ship/steps.js';
import { withCache } from '../ship/with-cache.js';
import { pointerPayload } from '../content/code/pointer-file.js';
import { Cache } from '../system/cache/cache.js';
import { inUse } from '../system/cache/use.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import { toShipRequest } from './request.js';
import type { View } from './view.js';

/** What a run needs until its program starts. */
interface RunContext {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  readonly steps: StepRunner<RunStepEvent['name']>;
}

/**
 * `ship-env run`: becomes the python of a shipped environment.
 *
 * @param words - what python is given: a script and its arguments, `-m module`, `-c code`, or nothing
 * @returns the exit code of the program, where this process goes on to live
 */
export async function runCommand(
  options: OptionValues,
  words: readonly string[],
  view: View,
  signal: AbortSignal
): Promise<number> {
  const cache = await Cache.open();
  const steps = new StepRunner<RunStepEvent['name']>(event => view.step(event), signal);
  // The program needs what is in the cache for as long as it runs: the process stays the same.
  return inUse(cache.root, async () => {
    const { python, shipped } = await withCache(cache, () => prepare(options, { cache, signal, steps }));
    const code = shipped.code.map(({ fileName }) => fileName);
    view.result({ type: 'result', artifact: shipped.manifest.id, code }, []);
    return become(python, words, signal);
  });
}

async function prepare(
  options: OptionValues,
  context: RunContext
): Promise<{ python: PreparedPython; shipped: Shipped }> {
  const target = await openTarget(await targetOf(options));
  try {
    const { cache, signal, steps } = context;
    const shipped = await shippedOn(target, options, context);
    const python = await steps.run('fetch', async report => {
      const onProgress = progressOf(shipped, report);
      const value = await preparePython(shipped, target, { cache, signal, onProgress, env: process.env });
      return { value, detail: shipped.manifest.artifact.name };
    });
    return { python, shipped };
  } finally {
    target.close();
  }
}

async function targetOf({ target }: OptionValues): Promise<Parameters<typeof openTarget>[0]> {
  return resolveTarget(target, await readSettings());
}

async function shippedOn(
  target: Target,
  options: OptionValues,
  { cache, signal, steps }: RunContext
): Promise<Shipped> {
  if (options.artifact !== undefined) {
    return shippedByName(target, { artifact: options.artifact, code: options.code }, signal);
  }
  if (options.code !== undefined) {
    throw new ShipEnvError('USAGE_INVALID', '--code was given without --artifact: it names the code of an artifact.', {
      hint: 'See ship-env run --help.'
    });
  }
  const request = await toShipRequest(options);
  const { manifest, code } = await readAgainIfChanged(
    () => shippedEnvironment(request, target, steps, { cache, signal }),
    signal
  );
  const archives = code.map(({ archive }) => archive);
  return shippedAs(manifest, archives, pointerPayload(archives)?.name);
}

/** The artifact is nearly all of what is fetched. */
function progressOf({ manifest }: Shipped, report: Report): (bytes: number) => void {
  const { name, bytes: total } = manifest.artifact;
  return done => report({ done: Math.min(done, total), total, detail: name });
}
