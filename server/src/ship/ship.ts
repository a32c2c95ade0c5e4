import type { ArchivedEditable } from '../content/code/archive.js';
import { pointerPayload } from '../content/code/pointer-file.js';
import type { ShipRequest, ShipResult } from '../contract/ship.js';
import type { Finding } from '../contract/snapshot.js';
import { formatOf } from '../formats/registry.js';
import { DigestMemory } from '../payloads/digest-memory.js';
import type { PayloadFacts } from '../payloads/payload.js';
import { withoutSecret } from '../deployments/unsupported.js';
import { openTarget } from '../targets/index.js';
import type { Target } from '../targets/target.js';
import { acceptRequest, type Accepted } from './accept.js';
import { arrange, asShipped, wireOutputs } from './arrange.js';
import { beginBuild, endBuild } from './build.js';
import type { Delivered } from './deliver.js';
import { inspect, type Inspected } from './inspect.js';
import { readAgainIfChanged } from './read-again.js';
import type { ShipContext, ShipRun } from './run.js';
import { Vanished, beginRecord, writeRecord } from './record.js';
import { listHoldings, send } from './send.js';
import { makeRelease, requireFreeRelease } from './release.js';
import { StepRunner } from './steps.js';
import { TaskGroup } from '../system/task-group.js';

/**
 * Ships an environment: inspect → build → send → verify → publish → arrange.
 *
 * The last write to the target is the manifest, so that everybody who sees a manifest can use what it names. A ship
 * that fails or is cancelled before it is published leaves nothing on the target. After that, in the step `configure`,
 * a cancel comes too late: the ship ends as done. What is published stays, also when that step fails.
 *
 * When the environment changes while it is read, the steps begin anew, twice at most.
 *
 * A release is written after the manifest. When that fails, the environment stays published.
 *
 * @throws ShipEnvError, or the signal's reason when cancelled
 */
export async function ship(asked: ShipRequest, given: ShipContext): Promise<ShipResult> {
  const target = await openTarget(asked.target, asked.python);
  const context = { ...given, digests: given.digests ?? new DigestMemory() };
  try {
    const accepted = await acceptRequest(asked, target);
    const once = (): Promise<ShipResult> =>
      shipOnce({ ...accepted, target, context, steps: new StepRunner(context.emit, context.signal) });
    return await readAgainIfChanged(() => againIfVanished(once), context.signal);
  } finally {
    target.close();
  }
}

/**
 * Ships once more when a job that ended took back what the ship relied on. The second time the ship sends it itself.
 *
 * @throws ShipEnvError TARGET_CHECKSUM when it is gone again
 */
async function againIfVanished<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Vanished)) throw error;
  }
  return work().catch((error: unknown) => {
    throw error instanceof Vanished ? error.cause : error;
  });
}

async function shipOnce(run: ShipRun): Promise<ShipResult> {
  const started = performance.now();
  const inspected = await inspect(run.request, run.target, run.steps, run.context);
  const { release } = run.request;
  if (release !== '') {
    await requireFreeRelease(run.target, { name: release, artifact: inspected.plan.id }, run.context.signal);
  }
  const { code, reusedSegments, delivered, remarks } = await buildAndSend(run, inspected);
  if (release !== '' && !run.request.dryRun) {
    const pointer = pointerPayload(code.map(({ archive }) => archive))?.name;
    await makeRelease(run.target, { name: release, artifact: delivered.manifest.id, code: pointer }, run.context);
  }
  const outputs = await run.steps.run(
    'configure',
    async () => ({
      value: await arrange(asShipped({ manifest: delivered.manifest, code }), run.target.access, run),
      detail: masterText(run)
    }),
    () => true
  );
  const { manifest, reused, uploadedBytes, copiedBytes } = delivered;
  return {
    type: 'result',
    artifact: { id: manifest.id, format: manifest.format, ...shippedFile(run.target, manifest.artifact) },
    code: code.map(({ payload }) => shippedFile(run.target, payload)),
    ...{ uploadedBytes, copiedBytes, reusedSegments, reused },
    findings: [...findingsOf(run, inspected, code, delivered), ...remarks],
    steps: run.steps.timings,
    ms: Math.round(performance.now() - started),
    ...wireOutputs(outputs),
    dryRun: run.request.dryRun
  };
}

/** The upload begins as soon as there is something to send. When one of the two fails, it stops the other. */
async function buildAndSend(
  run: ShipRun,
  inspected: Inspected
): Promise<{
  code: readonly ArchivedEditable[];
  reusedSegments: number;
  delivered: Delivered;
  remarks: readonly Finding[];
}> {
  const group = new TaskGroup(run.context.signal);
  const { signal } = group;
  const step = run.steps.begin('build');
  try {
    const beginning = group.add(beginBuild(inspected, run, step, signal));
    const listing = listHoldings(run, inspected, signal);
    const begun = await beginning;
    const building = group.add(endBuild(begun, inspected, step));
    const sending = group.add(send(run, inspected, begun, listing, signal));
    const recording = group.add(beginRecord(run, inspected, begun.code));
    await Promise.allSettled([building, sending, recording]);
    const [delivered, reusedSegments, record] = [await sending, await building, await recording];
    run.context.onCreated?.(delivered.created);
    const shipped = { code: begun.code, delivered };
    const remarks = record === undefined ? [] : await writeRecord(run, record, inspected, shipped);
    return { ...shipped, reusedSegments, remarks };
  } finally {
    step.end();
  }
}

function findingsOf(
  { deployment, spark }: ShipRun,
  { snapshot, plan }: Inspected,
  code: readonly ArchivedEditable[],
  { manifest, findings }: Delivered
): ShipResult['findings'] {
  return [
    ...snapshot.findings,
    ...plan.findings,
    ...code.flatMap(each => each.findings),
    ...formatOf(manifest.format).findingsOf(manifest),
    ...findings,
    ...deployment.findings({
      env: process.env,
      spark,
      pyspark: snapshot.distributions.find(({ normalizedName }) => normalizedName === 'pyspark')?.version
    })
  ];
}

/** The Spark master without its secrets, and where it comes from when the person did not write it. */
function masterText({ request: { master }, reason }: Accepted): string {
  if (master === '') return 'master left to the notebook';
  return reason === undefined ? withoutSecret(master) : `${withoutSecret(master)}, ${reason}`;
}

function shippedFile({ access }: Target, { name, bytes, sha256 }: PayloadFacts): ShipResult['code'][number] {
  return { name, uri: access.uri(name), bytes, sha256 };
}
