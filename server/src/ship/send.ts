import { pointerPayload } from '../content/code/pointer-file.js';
import type { Manifest } from '../contract/manifest.js';
import { manifestName } from '../formats/manifest.js';
import type { Payload } from '../payloads/payload.js';
import type { Holding } from '../targets/target.js';
import { publishedManifest } from '../trust/published.js';
import { Verified } from '../trust/verified.js';
import type { BegunBuild } from './build.js';
import { deliver, estimate, type Delivered, type Environment } from './deliver.js';
import { loadNotes, saveNotes } from './digest-notes.js';
import { TargetArtifacts, wantedContentOf } from './holdings.js';
import type { Inspected } from './inspect.js';
import { Journal } from './undo/journal.js';
import type { ShipRun } from './run.js';
import { transaction, type TransactionContext } from './undo/transaction.js';
import { Upload } from './upload.js';

/**
 * Looks for artifacts on the target whose bytes can be reused, while the build begins; undefined where nothing can be
 * reused.
 */
export function listHoldings(
  { target, context }: ShipRun,
  { published }: Inspected,
  signal: AbortSignal
): Promise<TargetArtifacts> | undefined {
  if (published !== undefined || !target.canReuse) return undefined;
  const listing = TargetArtifacts.list(target, signal, context.manifests);
  // The caller that awaits the listing gets the error.
  listing.catch(() => undefined);
  return listing;
}

/** Sends, verifies and publishes; a dry run only estimates the bytes. */
export async function send(
  run: ShipRun,
  { published, verified }: Inspected,
  begun: BegunBuild,
  listing: Promise<TargetArtifacts> | undefined,
  signal: AbortSignal
): Promise<Delivered> {
  const { target, context } = run;
  const pointer = pointerPayload(begun.code.map(({ archive }) => archive));
  const files = [...begun.code.map(({ payload }) => payload), ...(pointer === undefined ? [] : [pointer])];
  if (published !== undefined && files.length === 0) {
    // A dry run writes nothing, so it needs no lock.
    const upload = new Upload({ target, verified, journal: new Journal(), signal, reuse: nothing });
    return end(run, upload, files, { published }, new Journal());
  }
  const onWait = (): void =>
    context.emit({ type: 'step', name: 'upload', state: 'waiting', detail: 'another ship writes to this target' });
  return transaction(
    context.cache,
    target,
    signal,
    held => sendUnderLock(run, { published, begun, listing, files }, held),
    onWait
  );
}

async function sendUnderLock(
  run: ShipRun,
  of: {
    readonly published: Manifest | undefined;
    readonly begun: BegunBuild;
    readonly listing: Promise<TargetArtifacts> | undefined;
    readonly files: readonly Payload[];
  },
  { journal, signal, waited }: TransactionContext
): Promise<Delivered> {
  const { target, context } = run;
  const { begun, published, listing, files } = of;
  const { fresh } = begun;
  const verified = await Verified.open(context.cache, target);
  const artifacts = (): Promise<TargetArtifacts> | undefined =>
    waited && listing !== undefined ? TargetArtifacts.list(target, signal, context.manifests) : listing;
  const reuse = once(async () =>
    fresh === undefined ? [] : ((await (await artifacts())?.sourcesOf(wantedContentOf(fresh.plan))) ?? [])
  );
  const upload = new Upload({ target, verified, journal, signal, reuse });
  if (published !== undefined) return end(run, upload, files, { published }, journal);
  if (fresh === undefined)
    throw new Error('An environment that is neither published nor being built cannot be shipped.');
  // Asked again under the lock: another ship of this machine may have published the environment meanwhile.
  const hasTrace = await upload.hasTraceOf(fresh.build.name, manifestName(fresh.build.id));
  const named = { id: fresh.plan.id, name: fresh.plan.name, whole: () => Promise.resolve(fresh.plan) };
  const options = { cache: context.cache, verified, signal };
  const now = hasTrace ? await publishedManifest(target, named, options) : undefined;
  await loadNotes(context);
  const delivered = await end(
    run,
    upload,
    files,
    now === undefined ? { build: fresh.build, hasTrace } : { published: now },
    journal
  );
  await saveNotes(context);
  return delivered;
}

function end(
  { request, steps, target }: ShipRun,
  upload: Upload,
  files: readonly Payload[],
  environment: Environment,
  journal: Journal
): Promise<Delivered> {
  return request.dryRun
    ? estimate(upload, files, environment)
    : deliver(upload, files, environment, { steps, target, journal });
}

function nothing(): Promise<readonly Holding[]> {
  return Promise.resolve([]);
}

/** A function that runs the work on its first call only, and returns the same promise each time. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
