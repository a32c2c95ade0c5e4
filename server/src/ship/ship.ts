import { manifestName, startBuild, zip64Findings, type ArtifactBuild, type ArtifactPlan } from '../formats/index.js';
import type { Cache } from '../cache/cache.js';
import type { Manifest } from '../contract/manifest.js';
import type { ShipRequest, ShipResult, StepEvent } from '../contract/ship.js';
import type { Editable } from '../contract/snapshot.js';
import { count } from '../text/count.js';
import { lookAtEnvironment, type LazySnapshot } from '../environment/index.js';
import type { DigestMemory } from '../payloads/digest-memory.js';
import { openTarget } from '../targets/index.js';
import type { Payload, Target } from '../targets/target.js';
import { acceptRequest } from './accept.js';
import { stagedKeysFindings } from '../deployments/spark/index.js';
import { configure } from './configure.js';
import { deliver, estimate, type Delivered, type Environment } from './deliver.js';
import { planLazily, type LazyPlan } from './plan.js';
import { allFindings, archiveAll, publishedManifest, shippedEditables, type ArchivedCode } from './prepare.js';
import { pointerPayload } from './pointer.js';
import { readAgainIfChanged } from './read-again.js';
import { TargetArtifacts, wantedOf, type KnownManifests } from './sources.js';
import { StepRunner } from './steps.js';
import { transaction } from './transaction.js';
import { Upload } from './upload.js';
import { Verified } from './verified.js';

/** What a ship needs from where it runs. */
export interface ShipContext {
  readonly cache: Cache;
  /** Cancels: nothing of this ship stays on the target, unless everything is published already. */
  readonly signal: AbortSignal;
  /** Called with every step event, in order. */
  readonly emit: (event: StepEvent) => void;
  /** Kept by a process that ships more than once, so that what a store copies is not read again each time. */
  readonly digests?: DigestMemory | undefined;
  /** Kept likewise, so that manifests on a target are read once. */
  readonly manifests?: KnownManifests | undefined;
}

/** What a ship brings: the code, and the artifact unless the target holds it. */
interface Load {
  readonly code: ArchivedCode[];
  /** Absent when the environment is published. */
  readonly fresh: { readonly plan: ArtifactPlan; readonly build: ArtifactBuild } | undefined;
}

/**
 * Ships an environment: snapshot → plan → build → upload → verify → configure.
 *
 * The last write to the target is the manifest, so that whoever sees it can use everything it speaks of. A ship that
 * fails or is cancelled before it is published leaves nothing on the target. Afterwards, in the step `configure`, a
 * cancel comes too late: the ship ends as done. What is published stays, also when that step fails.
 *
 * An environment that changes while it is read is read again, twice at most: the steps then begin anew.
 *
 * @throws ShipEnvError, or the signal's reason when cancelled
 */
export async function ship(request: ShipRequest, context: ShipContext): Promise<ShipResult> {
  const target = await openTarget(request.target);
  try {
    const accepted = acceptRequest(request, target);
    return await readAgainIfChanged(() => new Ship(accepted, context, target).run(), context.signal);
  } finally {
    target.close();
  }
}

/** One ship under way; a method a step, called in the order of the steps. */
class Ship {
  readonly #request: ShipRequest;
  readonly #context: ShipContext;
  readonly #target: Target;
  readonly #steps: StepRunner;
  #verified: Promise<Verified> | undefined;

  constructor(request: ShipRequest, context: ShipContext, target: Target) {
    this.#request = request;
    this.#context = context;
    this.#target = target;
    this.#steps = new StepRunner(context.emit, context.signal);
  }

  async run(): Promise<ShipResult> {
    const started = performance.now();
    const snapshot = await this.#snapshot();
    const { plan, editables, published } = await this.#plan(snapshot);
    const { load, reusedSegments, outcome } = await this.#buildAndUpload(plan, editables, published);
    const { manifest, reused, uploadedBytes, copiedBytes, findings } = outcome;
    const { code } = load;
    const configured = await this.#steps.run(
      'configure',
      async () => ({
        value: await configure({ manifest, code, target: this.#target }, this.#request),
        detail: this.#request.master || 'master left to the notebook'
      }),
      () => true
    );
    return {
      type: 'result',
      artifact: { id: manifest.id, format: manifest.format, ...this.#shipped(manifest.artifact) },
      code: code.map(({ payload }) => this.#shipped(payload)),
      ...{ uploadedBytes, copiedBytes, reusedSegments, reused },
      findings: [
        ...allFindings(snapshot, plan, ...code),
        ...zip64Findings(manifest),
        ...findings,
        ...stagedKeysFindings(this.#request.master, process.env)
      ],
      steps: this.#steps.timings,
      ms: Math.round(performance.now() - started),
      ...configured,
      dryRun: this.#request.dryRun
    };
  }

  #snapshot(): Promise<LazySnapshot> {
    const { cache, signal } = this.#context;
    return this.#steps.run('snapshot', async report => {
      const snapshot = await lookAtEnvironment({
        python: this.#request.python,
        cache,
        signal,
        onProgress: (done, total) => report({ done, total })
      });
      return {
        value: snapshot,
        detail:
          `Python ${snapshot.interpreter.version}, ${count(snapshot.distributions.length, 'distribution')}, ` +
          count(snapshot.editables.length, 'editable')
      };
    });
  }

  #plan(snapshot: LazySnapshot): Promise<{ plan: LazyPlan; editables: Editable[]; published: Manifest | undefined }> {
    return this.#steps.run('plan', async report => {
      const plan = await planLazily(snapshot, this.#request, { ...this.#context, onProgress: report });
      const { cache, signal } = this.#context;
      const verified = await this.#openVerified();
      const published = await publishedManifest(this.#target, plan, { cache, verified, signal, report });
      await verified.save();
      return {
        value: { plan, editables: shippedEditables(snapshot.editables, this.#request), published },
        detail: `${plan.id} is ${published === undefined ? 'new' : 'on the target already'}`
      };
    });
  }

  /** The upload begins as soon as there is something to send. When one of the two fails, it stops the other. */
  async #buildAndUpload(
    plan: LazyPlan,
    editables: Editable[],
    published: Manifest | undefined
  ): Promise<{ load: Load; reusedSegments: number; outcome: Delivered }> {
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#context.signal, failed.signal]);
    const stopOther = (error: unknown): never => {
      failed.abort(error);
      throw error;
    };
    let building = Promise.resolve(0);
    const loading = new Promise<Load>((resolve, reject) => {
      building = this.#build(plan, editables, published, signal, resolve).catch(stopOther);
      building.catch(reject);
    });
    const listing = published === undefined && this.#target.canCopy ? this.#listArtifacts(signal) : undefined;
    const load = await loading;
    const uploading = this.#uploadAndVerify(load, { published, listing }, signal).catch(stopOther);
    await Promise.allSettled([building, uploading]);
    const outcome = await uploading;
    return { load, reusedSegments: await building, outcome };
  }

  /**
   * @param onLoaded - called when the code is archived and the build has begun
   * @returns how many segments need not be compressed
   */
  #build(
    plan: LazyPlan,
    editables: Editable[],
    published: Manifest | undefined,
    signal: AbortSignal,
    onLoaded: (load: Load) => void
  ): Promise<number> {
    const { cache } = this.#context;
    return this.#steps.run('build', async report => {
      const writable = published === undefined ? this.#requireWritable(signal) : Promise.resolve();
      // The code first: a secret in it must stop the ship before minutes go into the artifact.
      const code = await archiveAll(editables, this.#request, { cache, signal, onProgress: report });
      const codeDetail = code.length === 0 ? '' : `, ${count(code.length, 'code archive')}`;
      if (published !== undefined) {
        onLoaded({ code, fresh: undefined });
        return { value: published.segments.length, detail: `nothing to build${codeDetail}` };
      }
      await writable;
      const whole = await plan.whole();
      const build = startBuild(whole, {
        cache,
        signal,
        digests: this.#context.digests,
        onProgress: ({ doneBytes, totalBytes, detail }) => report({ done: doneBytes, total: totalBytes, detail })
      });
      onLoaded({ code, fresh: { plan: whole, build } });
      const { builtSegments, reusedSegments } = await build.segments;
      return {
        value: reusedSegments,
        detail: `${builtSegments} of ${count(whole.segments.length, 'distribution')} compressed anew${codeDetail}`
      };
    });
  }

  /** Where nothing can be written, minutes of building would be for nothing. A dry run writes nothing. */
  #requireWritable(signal: AbortSignal): Promise<void> {
    const writable = this.#request.dryRun ? Promise.resolve() : this.#target.requireWritable(signal);
    // Whoever waits for it is told what failed.
    writable.catch(() => undefined);
    return writable;
  }

  /** What the target holds already, looked for while the build begins. */
  #listArtifacts(signal: AbortSignal): Promise<TargetArtifacts> {
    const listing = TargetArtifacts.list(this.#target, signal, this.#context.manifests);
    // Whoever needs it is told what failed.
    listing.catch(() => undefined);
    return listing;
  }

  async #uploadAndVerify(
    { code, fresh }: Load,
    { published, listing }: { published: Manifest | undefined; listing: Promise<TargetArtifacts> | undefined },
    signal: AbortSignal
  ): Promise<Delivered> {
    const pointer = pointerPayload(code);
    const files = [...code.map(({ payload }) => payload), ...(pointer === undefined ? [] : [pointer])];
    if (published !== undefined && files.length === 0) {
      // Nothing is written and nothing asked again, so a lock would help nobody.
      const upload = new Upload(this.#target, await this.#openVerified(), signal);
      return this.#deliver(upload, files, { published }, signal);
    }
    const work = async (upload: Upload, held: AbortSignal): Promise<Delivered> => {
      if (fresh !== undefined) {
        upload.findSources = async () => {
          const artifacts = await (upload.waited ? this.#listArtifacts(held) : listing);
          return (await artifacts?.sourcesOf(wantedOf(fresh.plan))) ?? [];
        };
      }
      const environment =
        published === undefined ? await this.#unlessPublished(present(fresh), upload, held) : { published };
      return this.#deliver(upload, files, environment, held);
    };
    const onWait = (): void =>
      this.#context.emit({
        type: 'step',
        name: 'upload',
        state: 'waiting',
        detail: 'another ship writes to this target'
      });
    return transaction(this.#context.cache, this.#target, signal, work, onWait);
  }

  #deliver(
    upload: Upload,
    files: readonly Payload[],
    environment: Environment,
    signal: AbortSignal
  ): Promise<Delivered> {
    return this.#request.dryRun
      ? estimate(upload, files, environment, signal, this.#target)
      : deliver(upload, files, environment, { steps: this.#steps, target: this.#target });
  }

  /** Asks again, now that no other ship of this machine writes: one may have published the environment meanwhile. */
  async #unlessPublished(
    { plan, build }: NonNullable<Load['fresh']>,
    upload: Upload,
    signal: AbortSignal
  ): Promise<Environment> {
    const hasTrace = await upload.hasTraceOf(build.name, manifestName(build.id));
    const named = { id: plan.id, name: plan.name, whole: () => Promise.resolve(plan) };
    const options = { cache: this.#context.cache, verified: upload.verified, signal };
    const published = hasTrace ? await publishedManifest(this.#target, named, options) : undefined;
    return published === undefined ? { build, hasTrace } : { published };
  }

  /** What was verified on this target before. */
  #openVerified(): Promise<Verified> {
    this.#verified ??= Verified.open(this.#context.cache, this.#target);
    return this.#verified;
  }

  #shipped(file: { name: string; bytes: number; sha256: string }): ShipResult['code'][number] {
    return { name: file.name, uri: this.#target.uri(file.name), bytes: file.bytes, sha256: file.sha256 };
  }
}

/** A ship that finds nothing published has begun to build. */
function present(fresh: Load['fresh']): NonNullable<Load['fresh']> {
  if (fresh !== undefined) return fresh;
  throw new Error('What is neither published nor being built cannot be shipped.');
}
