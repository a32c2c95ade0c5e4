import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import prettyBytes from 'pretty-bytes';
import type { OptionValues } from '../contract/option-lists.js';
import type { ArtifactBuild } from '../formats/format.js';
import { formatByName, formatOf } from '../formats/registry.js';
import { Cache } from '../system/cache/cache.js';
import { count } from '../text/count.js';
import { ShipEnvError } from '../errors.js';
import { StepRunner } from '../ship/steps.js';
import { takeSnapshot } from '../environment/index.js';
import { planWhole } from '../ship/plan.js';
import { readAgainIfChanged } from '../ship/read-again.js';
import { shippedEditables } from '../content/code/shipped.js';
import { withCache } from '../ship/with-cache.js';
import { removeOwnTemporaries, temporaryBeside, writeSpans } from '../targets/directory/write.js';
import { toShipRequest } from './request.js';
import { findingLines } from './lines.js';
import type { View } from './view.js';
import { withRepair } from '../content/segments/segment-index.js';

/** `ship-env build`: the artifact as a file, without a target. */
export async function buildCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const cache = await Cache.open();
  await withCache(cache, () => readAgainIfChanged(() => buildInto(options, view, cache, signal), signal));
}

async function buildInto(options: OptionValues, view: View, cache: Cache, signal: AbortSignal): Promise<void> {
  const output = resolve(options.output ?? '');
  const request = await toShipRequest({ format: formatByName(output)?.name, ...options, target: 'file:///' });
  const format = formatOf(request.format);
  const steps = new StepRunner(event => view.step(event), signal);
  const snapshot = await steps.run('snapshot', async report => {
    const value = await takeSnapshot({
      python: request.python,
      cache,
      signal,
      onProgress: (done, total) => report({ done, total })
    });
    return {
      value,
      detail: `Python ${value.interpreter.version}, ${count(value.distributions.length, 'distribution')}`
    };
  });
  const plan = await steps.run('plan', async report => {
    const value = await planWhole(snapshot, request, { cache, signal, onProgress: report });
    return { value, detail: value.id };
  });
  const editables = shippedEditables(snapshot.editables, request);
  const built = await steps.run('build', async report => {
    const failed = new AbortController();
    const build = plan.build({
      cache,
      signal: AbortSignal.any([signal, failed.signal]),
      onProgress: ({ doneBytes, totalBytes, detail }) => report({ done: doneBytes, total: totalBytes, detail })
    });
    const facts = await writeOutput(build, output, signal).catch(async (error: unknown) => {
      // Stops the compression that is still under way: nobody needs its result any more.
      failed.abort(error);
      await build.segments.catch(() => undefined);
      throw error;
    });
    const value = await build.complete(facts);
    return { value, detail: prettyBytes(value.payload.bytes) };
  });
  const findings = [...snapshot.findings, ...plan.findings, ...format.findingsOf(built.manifest)];
  const { name, bytes, sha256 } = built.payload;
  view.result(
    {
      type: 'result',
      artifact: { id: built.id, name, uri: pathToFileURL(output).href, bytes, sha256, format: request.format },
      findings,
      steps: steps.timings
    },
    [
      ...findingLines(findings),
      `Built ${output}  ${prettyBytes(bytes)}  ${built.id}`,
      ...(editables.length === 0
        ? []
        : [`In code archives, not in the artifact: ${editables.map(({ name }) => name).join(', ')}`])
    ]
  );
}

/**
 * Writes a temporary file beside the output and renames it, so that the output is either whole or absent. A program is
 * executable, like the output of `pex -o`.
 */
async function writeOutput(
  build: ArtifactBuild,
  output: string,
  signal: AbortSignal
): Promise<{ bytes: number; sha256: string }> {
  const temporary = temporaryBeside(output);
  try {
    const facts = await withRepair(async () => {
      // Left by an earlier attempt.
      await rm(temporary, { force: true });
      const file = await open(temporary, 'wx', build.isExecutable === true ? 0o755 : 0o644);
      return writeSpans(build, file, signal).finally(() => file.close());
    });
    await removeOwnTemporaries(dirname(output));
    await rename(temporary, output);
    return facts;
  } catch (cause) {
    // Where nothing can be written, the removal fails as well. The first failure is the one to report.
    await rm(temporary, { force: true }).catch(() => undefined);
    if (signal.aborted || cause instanceof ShipEnvError) throw cause;
    throw new ShipEnvError('USAGE_INVALID', `The artifact cannot be written to ${output}.`, {
      hint: 'Name a file in a folder that exists and that you can write to, on a disk with free space.',
      cause
    });
  }
}
