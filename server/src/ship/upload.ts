import { isShipEnvError } from '../errors.js';
import { withRepair } from '../formats/index.js';
import type { Arrival, CopySource, ObjectFacts, Payload, SpannedPayload, Target } from '../targets/target.js';
import { isHeld } from './compare.js';
import type { Report } from './steps.js';
import { BY_CONTENT, type Verified } from './verified.js';

/** How long the clean-up after a cancelled or failed upload may take. */
const ROLLBACK_TIMEOUT_MS = 30_000;
/** How long one removal of it may take, so that one that hangs leaves time for the others. */
const REMOVAL_TIMEOUT_MS = 10_000;

/** For what a cancel must not cut: whether it was done nobody would know. */
const UNCUT = new AbortController().signal;

/** An artifact that is built to its end. */
export type BuiltPayload = Payload & SpannedPayload;

/** What a ship wants on the target. */
export interface Cargo {
  /** The code archives and the pointer to them. */
  readonly code: readonly Payload[];
  /** Absent when the target holds the environment, published. */
  readonly environment?: { readonly artifact: Payload | BuiltPayload; readonly manifest: Payload } | undefined;
}

/**
 * What one ship puts on a target, so that all of it can be taken back.
 *
 * Order matters: whatever the manifest vouches for goes up before it. Until {@link publish} the ship is not there, and
 * {@link rollback} removes what this ship created and nothing that was there before. From then on others use it, and
 * nothing is taken back.
 */
export class Upload {
  readonly #target: Target;
  /** What was verified on the target before, and what this ship verifies. */
  readonly verified: Verified;
  readonly #signal: AbortSignal;
  readonly #created = new Set<string>();
  /** Names that are about to be sent, and were not there. */
  readonly #free = new Set<string>();
  /** Names of ours whose bytes did not arrive as sent. */
  readonly #broken = new Set<string>();
  /** How what was sent can be verified without reading it. */
  readonly #arrivals = new Map<string, Arrival>();
  #isPublished = false;
  /** Names of what makes the environment: the manifest vouches for the artifact. */
  #environment: { readonly artifact: string; readonly manifest: string } | undefined;
  /** Looks for artifacts on the target that may be copied from, best first; called once at most. */
  findSources: () => Promise<readonly CopySource[]> = () => Promise.resolve([]);
  #sources: Promise<readonly CopySource[]> | undefined;
  /** Bytes that the target took from this ship. */
  sentBytes = 0;
  /** Bytes that the target copied for this ship. */
  copiedBytes = 0;
  /** Why all was sent although the target holds some of it. */
  fullUpload: string | undefined;

  /** Another ship of this machine wrote to the target until now: there may be more than was seen before. */
  readonly waited: boolean;

  constructor(target: Target, verified: Verified, signal: AbortSignal, waited = false) {
    this.#target = target;
    this.verified = verified;
    this.#signal = signal;
    this.waited = waited;
  }

  /** What the target can copy from. */
  readonly sources = (): Promise<readonly CopySource[]> => {
    this.#sources ??= this.findSources();
    return this.#sources;
  };

  /**
   * Those of the cargo's files that the target does not hold, in the order in which they go up. What it holds is compared.
   *
   * @throws ShipEnvError TARGET_CONFLICT when it holds something else under one of the names
   */
  async missing({ code, environment }: Cargo): Promise<Payload[]> {
    if (environment !== undefined) this.#concerns(environment.artifact.name, environment.manifest.name);
    const payloads = [...code, ...(environment === undefined ? [] : [environment.artifact, environment.manifest])];
    const found = await Promise.all(payloads.map(({ name }) => this.#target.head(name, this.#signal)));
    const missing: Payload[] = [];
    for (const [index, payload] of payloads.entries()) {
      if (!(await this.#isHeld(payload, found[index]))) missing.push(payload);
      // Not the manifest, which comes at the end of it all.
      if (found[index] === undefined && payload !== environment?.manifest) this.#free.add(payload.name);
    }
    return missing;
  }

  /**
   * Does the target hold anything of this environment, whole or not? If not, the artifact may be sent while it is built.
   */
  async hasTraceOf(artifactName: string, manifestName: string): Promise<boolean> {
    this.#concerns(artifactName, manifestName);
    const found = await Promise.all([artifactName, manifestName].map(name => this.#target.head(name, this.#signal)));
    const hasTrace = found.some(facts => facts !== undefined);
    if (!hasTrace) this.#free.add(artifactName);
    return hasTrace;
  }

  /**
   * Sends an artifact, as far as the target does not hold its bytes already; it may still be under way.
   *
   * @returns undefined when someone else was faster
   */
  async sendArtifact(artifact: SpannedPayload, onProgress: (bytes: number) => void): Promise<Arrival | undefined> {
    const options = { signal: this.#signal, onProgress, sources: this.sources };
    const arrival = await withRepair(() =>
      this.#target.assemble(artifact, { ...options, isFree: this.#takeFree(artifact.name) })
    );
    if (arrival === undefined) return undefined;
    this.#created.add(artifact.name);
    this.#arrivals.set(artifact.name, arrival);
    this.sentBytes += arrival.sentBytes;
    this.copiedBytes += arrival.copiedBytes;
    this.fullUpload ??= arrival.fullUpload;
    return arrival;
  }

  /** Sends the payloads one after the other. */
  async send(payloads: readonly Payload[], report: Report): Promise<void> {
    const total = sum(payloads);
    let before = 0;
    for (const payload of payloads) {
      const detail = payload.name;
      report({ done: before, total, detail });
      await this.#send(payload, bytes => report({ done: before + bytes, total, detail }));
      before += payload.bytes;
    }
  }

  async #send(
    payload: Payload | BuiltPayload,
    onProgress: (bytes: number) => void,
    signal = this.#signal
  ): Promise<void> {
    if ('spans' in payload) {
      await this.sendArtifact(payload, onProgress);
      return;
    }
    const options = { signal, onProgress, isFree: this.#takeFree(payload.name) };
    if ((await this.#target.put(payload, options)) === 'created') {
      this.#created.add(payload.name);
      this.sentBytes += payload.bytes;
    }
  }

  /** Is the name known to be free? Once: whoever sends it again looks again. */
  #takeFree(name: string): boolean {
    return this.#free.delete(name);
  }

  /** Compares what was sent with what the target holds now. */
  async verify(payloads: readonly Payload[], report: Report): Promise<void> {
    for (const [index, payload] of payloads.entries()) {
      report({ done: index, total: payloads.length, detail: payload.name });
      try {
        const arrival = this.#arrivals.get(payload.name);
        const identity = await (arrival ?? boundTo(this.#target, payload)).verify(this.#signal);
        this.verified.add(payload.name, identity, payload.sha256);
      } catch (error) {
        if (isShipEnvError(error, 'TARGET_CHECKSUM')) this.#broken.add(payload.name);
        throw error;
      }
    }
    await this.verified.save();
  }

  /** Is the environment there for everybody, so that a cancel comes too late? */
  get isPublished(): boolean {
    return this.#isPublished;
  }

  /**
   * Puts the manifest there, unless it is, and then looks whether all is there that it vouches for. A cancel that comes
   * when the manifest is on its way comes too late, and at most cuts the look short.
   *
   * @throws ShipEnvError TARGET_CONFLICT when there is another manifest
   */
  async publish({ code, environment }: Cargo, report: Report): Promise<void> {
    if (environment === undefined) return;
    const { artifact, manifest } = environment;
    this.#signal.throwIfAborted();
    report({ detail: manifest.name });
    await this.#send(manifest, () => undefined, UNCUT);
    this.#isPublished = this.#created.has(manifest.name);
    await this.#lookAgain([...code, artifact], manifest, report).catch((error: unknown) => {
      if (!this.#isPublished || !this.#signal.aborted) throw error;
    });
  }

  /**
   * A ship of another machine may have been cancelled after we found its files, and before it could see that our manifest
   * vouches for them: what is gone is sent again.
   */
  async #lookAgain(payloads: readonly Payload[], manifest: Payload, report: Report): Promise<void> {
    const found = await Promise.all([...payloads, manifest].map(({ name }) => this.#target.head(name, this.#signal)));
    await this.#isHeld(manifest, found.at(-1));
    const gone = [...payloads, manifest].filter((_, index) => found[index] === undefined);
    // A manifest does not count without its files.
    this.#isPublished = gone.length === 0;
    await this.send(gone, report);
    await this.verify(gone, report);
    this.verified.add(manifest.name, BY_CONTENT, manifest.sha256);
    await this.verified.save();
    this.#isPublished = true;
  }

  #isHeld(payload: Payload, found: ObjectFacts | undefined): Promise<boolean> {
    return isHeld(this.#target, payload, found, { verified: this.verified, signal: this.#signal });
  }

  /**
   * Removes what this ship created, last first, unless it is published. Not stopped by the ship's own signal: that may be
   * why it runs.
   *
   * @throws AggregateError of all that failed, after every removal was tried
   */
  async rollback(): Promise<void> {
    if (this.#isPublished) return;
    const rest = AbortSignal.timeout(ROLLBACK_TIMEOUT_MS);
    const left = new Map<string, unknown>();
    for (const name of this.#lastFirst()) {
      const signal = AbortSignal.any([rest, AbortSignal.timeout(REMOVAL_TIMEOUT_MS)]);
      await this.#takeBack(name, signal).catch((error: unknown) => left.set(name, error));
    }
    this.#created.clear();
    if (left.size === 0) return;
    throw new AggregateError(
      left.values(),
      `What this ship had uploaded could not be removed again: ${[...left.keys()].join(', ')}. ` +
        'Delete it from the target, or ship again: the next ship uses what is whole.'
    );
  }

  /** The manifest first, also when the artifact had to be sent again after it: nothing may be published halfway. */
  #lastFirst(): string[] {
    const isManifest = (name: string): number => Number(name === this.#environment?.manifest);
    return [...this.#created].reverse().sort((a, b) => isManifest(b) - isManifest(a));
  }

  async #takeBack(name: string, signal: AbortSignal): Promise<void> {
    if (!(await this.#isVouchedFor(name, signal))) return this.#target.remove(name, signal);
    const { manifest } = this.#environment ?? {};
    if (manifest !== undefined && this.#created.has(manifest)) throw new Error(`${manifest} vouches for it.`);
  }

  /** Another machine's ship found our artifact and published it: it is not ours alone any more. */
  async #isVouchedFor(name: string, signal: AbortSignal): Promise<boolean> {
    const { artifact, manifest } = this.#environment ?? {};
    if (manifest === undefined || name !== artifact || this.#broken.has(name)) return false;
    return (await this.#target.head(manifest, signal)) !== undefined;
  }

  #concerns(artifact: string, manifest: string): void {
    this.#environment = { artifact, manifest };
  }
}

/** A payload that the target verifies, as an arrival verifies itself. */
function boundTo(target: Target, payload: Payload): Pick<Arrival, 'verify'> {
  return { verify: signal => target.verify(payload, signal) };
}

/** Bytes of all payloads. */
export function sum(payloads: readonly Payload[]): number {
  return payloads.reduce((bytes, payload) => bytes + payload.bytes, 0);
}
