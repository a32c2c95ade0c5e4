import prettyBytes from 'pretty-bytes';
import { buildArtifact } from '../artifact/index.js';
import type { Cache } from '../cache/cache.js';
import type { Manifest } from '../contract/manifest.js';
import type { ShipRequest, ShipResult, StepEvent } from '../contract/ship.js';
import type { Editable } from '../contract/snapshot.js';
import { lookAtEnvironment, type LazySnapshot } from '../snapshot/index.js';
import { deploymentOf, requireListable } from '../spark/index.js';
import { openTarget } from '../targets/index.js';
import type { Payload, Target } from '../targets/target.js';
import { configure } from './configure.js';
import { planLazily, type LazyPlan } from './plan.js';
import { allFindings, archiveAll, publishedManifest, shippedEditables, type ArchivedCode } from './prepare.js';
import { pointerPayload } from './pointer.js';
import { StepRunner, type StepOutcome } from './steps.js';
import { sum, transaction, type Cargo, type Upload } from './upload.js';

/** What a ship needs from where it runs. */
export interface ShipContext {
  readonly cache: Cache;
  /** Cancels: nothing of this ship stays on the target. */
  readonly signal: AbortSignal;
  /** Called with every step event, in order. */
  readonly emit: (event: StepEvent) => void;
}

/** The artifact of a ship: on the target already, or built and ready to go. */
interface Environment {
  readonly manifest: Manifest;
  /** Absent when the target holds them already. */
  readonly built?: { readonly artifact: Payload; readonly manifest: Payload };
}

/**
 * Ships an environment: snapshot → plan → build → upload → verify → configure.
 *
 * The last write to the target is the manifest, so that whoever sees it can use everything it speaks of. A ship that
 * fails or is cancelled leaves nothing on the target.
 *
 * @throws ShipEnvError, or the signal's reason when cancelled
 */
export async function ship(request: ShipRequest, context: ShipContext): Promise<ShipResult> {
  const target = await openTarget(request.target);
  try {
    return await new Ship(request, context, target).run();
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

  constructor(request: ShipRequest, context: ShipContext, target: Target) {
    this.#request = request;
    this.#context = context;
    this.#target = target;
    this.#steps = new StepRunner(context.emit, context.signal);
  }

  async run(): Promise<ShipResult> {
    const snapshot = await this.#snapshot();
    const { plan, editables, published } = await this.#plan(snapshot);
    const { environment: ready, code } = await this.#build(plan, editables, published);
    const { environment, uploadedBytes } = await this.#uploadAndVerify(ready, code);
    const { manifest } = environment;
    const configured = await this.#steps.run(
      'configure',
      async () => ({
        value: await configure({ manifest, code, target: this.#target }, this.#request),
        detail: this.#request.master || 'master left to the notebook'
      }),
      true
    );
    return {
      type: 'result',
      artifact: { id: manifest.id, format: manifest.format, ...this.#shipped(manifest.artifact) },
      code: code.map(({ payload }) => this.#shipped(payload)),
      uploadedBytes,
      reused: environment.built === undefined,
      findings: allFindings(snapshot, plan, ...code),
      steps: this.#steps.timings,
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
          `Python ${snapshot.interpreter.version}, ${count(snapshot.distributionCount, 'distribution')}, ` +
          count(snapshot.editables.length, 'editable')
      };
    });
  }

  #plan(snapshot: LazySnapshot): Promise<{ plan: LazyPlan; editables: Editable[]; published: Manifest | undefined }> {
    return this.#steps.run('plan', async () => {
      // What Spark will not take must stop the ship here, not after the upload.
      deploymentOf(this.#request.master);
      requireListable(this.#target.uri('name'));
      const plan = await planLazily(snapshot, this.#request, this.#context);
      const published = await publishedManifest(this.#target, plan.id, this.#context.signal);
      return {
        value: { plan, editables: shippedEditables(snapshot.editables, this.#request), published },
        detail: `${plan.id} is ${published === undefined ? 'new' : 'on the target already'}`
      };
    });
  }

  #build(
    plan: LazyPlan,
    editables: Editable[],
    published: Manifest | undefined
  ): Promise<{ environment: Environment; code: ArchivedCode[] }> {
    const { cache, signal } = this.#context;
    return this.#steps.run('build', async report => {
      // The code first: a secret in it must stop the ship before minutes go into the artifact.
      const code = await archiveAll(editables, this.#request, {
        cache,
        signal,
        onArchive: editable => report({ detail: `code of ${editable.name}` })
      });
      const codeDetail = code.length === 0 ? '' : `, ${count(code.length, 'code archive')}`;
      if (published !== undefined) {
        return { value: { environment: { manifest: published }, code }, detail: `nothing to build${codeDetail}` };
      }
      const built = await buildArtifact(await plan.whole(), {
        cache,
        signal,
        onProgress: ({ doneBytes, totalBytes, detail }) => report({ done: doneBytes, total: totalBytes, detail })
      });
      const environment = {
        manifest: built.manifest,
        built: { artifact: built.payload, manifest: built.manifestPayload }
      };
      return {
        value: { environment, code },
        detail:
          `${prettyBytes(built.payload.bytes)}, ${built.builtSegments} of ` +
          `${count(built.builtSegments + built.reusedSegments, 'distribution')} compressed anew${codeDetail}`
      };
    });
  }

  /** @returns the environment as it is on the target now; bytes sent, or for a dry run those that a ship would send */
  #uploadAndVerify(
    ready: Environment,
    code: ArchivedCode[]
  ): Promise<{ environment: Environment; uploadedBytes: number }> {
    const { cache, signal } = this.#context;
    const pointer = pointerPayload(code);
    const files = [...code.map(({ payload }) => payload), ...(pointer === undefined ? [] : [pointer])];
    return transaction(cache, this.#target, signal, async (upload, held) => {
      const environment = await this.#unlessPublished(ready, held);
      const cargo: Cargo = { code: files, environment: environment.built };
      const uploadedBytes = this.#request.dryRun
        ? sum(await upload.missing(cargo))
        : await this.#sendAndPublish(upload, cargo);
      return { environment, uploadedBytes };
    });
  }

  /** Asks again now that no other ship of this machine writes: one may have published the environment meanwhile. */
  async #unlessPublished(ready: Environment, signal: AbortSignal): Promise<Environment> {
    if (ready.built === undefined) return ready;
    const manifest = await publishedManifest(this.#target, ready.manifest.id, signal);
    return manifest === undefined ? ready : { manifest };
  }

  /** @returns bytes sent */
  async #sendAndPublish(upload: Upload, cargo: Cargo): Promise<number> {
    const sent = await this.#steps.run('upload', async (report): Promise<StepOutcome<Payload[]>> => {
      const missing = await upload.missing(cargo);
      // The manifest is written last.
      const value = missing.filter(payload => payload !== cargo.environment?.manifest);
      await upload.send(value, report);
      return { value, detail: value.length === 0 ? 'nothing to send' : `${prettyBytes(upload.sentBytes)} sent` };
    });
    await this.#steps.run('verify', async report => {
      await upload.verify(sent, report);
      await upload.publish(cargo, report);
      return {
        value: undefined,
        detail: sent.length === 0 ? 'nothing new' : `${count(sent.length, 'file')} as sent`
      };
    });
    return upload.sentBytes;
  }

  #shipped(file: { name: string; bytes: number; sha256: string }): ShipResult['code'][number] {
    return { name: file.name, uri: this.#target.uri(file.name), bytes: file.bytes, sha256: file.sha256 };
  }
}

/** `1 file`, `2 files`. */
function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
