import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import prettyBytes from 'pretty-bytes';
import { buildArtifact, type BuiltArtifact } from '../artifact/index.js';
import { Cache } from '../cache/cache.js';
import { ShipEnvError } from '../errors.js';
import { StepRunner } from '../ship/steps.js';
import { takeSnapshot } from '../snapshot/index.js';
import { planWhole } from '../ship/plan.js';
import { shippedEditables } from '../ship/prepare.js';
import { toShipRequest, type CliOptions } from './options.js';
import { findingLines, type View } from './view.js';

/** `ship-env build`: the artifact as a file, without a target. */
export async function buildCommand(options: CliOptions, view: View, signal: AbortSignal): Promise<void> {
  const output = resolve(options.output ?? '');
  const request = await toShipRequest({ ...options, target: 'file:///' });
  const cache = await Cache.open();
  const steps = new StepRunner(event => view.step(event), signal);
  const snapshot = await steps.run('snapshot', async report => {
    const value = await takeSnapshot({
      python: request.python,
      cache,
      signal,
      onProgress: (done, total) => report({ done, total })
    });
    return { value, detail: `Python ${value.interpreter.version}, ${value.distributions.length} distributions` };
  });
  const plan = await planWhole(snapshot, request, signal);
  const editables = shippedEditables(snapshot.editables, request);
  const built = await steps.run('build', async report => {
    const value = await buildArtifact(plan, {
      cache,
      signal,
      onProgress: ({ doneBytes, totalBytes, detail }) => report({ done: doneBytes, total: totalBytes, detail })
    });
    await writeOutput(value, output, signal);
    return { value, detail: prettyBytes(value.payload.bytes) };
  });
  const findings = [...snapshot.findings, ...plan.findings];
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
        : [`Not in it, since they ship as code archives: ${editables.map(({ name }) => name).join(', ')}`])
    ]
  );
}

/** Written beside and renamed, so that the file is whole or not there. Executable, as `pex -o` leaves it. */
async function writeOutput(built: BuiltArtifact, output: string, signal: AbortSignal): Promise<void> {
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    await pipeline(built.payload.open(), createWriteStream(temporary, { flags: 'wx', mode: 0o755 }), { signal });
    await rename(temporary, output);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ShipEnvError('USAGE_INVALID', `The artifact was to be written to ${output}; that is not possible.`, {
      hint: 'Name a file in a folder that exists and that you can write to, on a disk with room.',
      cause
    });
  } finally {
    await rm(temporary, { force: true });
  }
}
