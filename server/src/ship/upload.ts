import { withRepair } from '../content/segments/segment-index.js';
import { isShipEnvError } from '../errors.js';
import type { Payload, SpannedPayload } from '../payloads/payload.js';
import type { Arrival, Holding, ObjectFacts, Target } from '../targets/target.js';
import { isHeld } from '../trust/compare.js';
import { BY_CONTENT, type Verified } from '../trust/verified.js';
import type { Journal } from './journal.js';
import type { Report } from './steps.js';

/** For what a cancel must not cut: whether it was done nobody would know. */
const UNCUT = new AbortController().signal;

/** An artifact that is built to its end. */
export type BuiltPayload = Payload & SpannedPayload;

/** What a ship wants on the target. */
export interface Wanted {
  /** The code archives and the pointer to them. */
  readonly code: readonly Payload[];
  /** Absent when the target holds the environment, published. */
  readonly environment?: { readonly artifact: Payload | BuiltPayload; readonly manifest: Payload } | undefined;
}

/** What an upload works with. */
export interface UploadContext {
  readonly target: Target;
  /** What was verified on the target before, and what this ship verifies. */
  readonly verified: Verified;
  /** What must be undone when the ship fails. */
  readonly journal: Journal;
  readonly signal: AbortSignal;
  /** Finds artifacts on the target whose bytes may be taken over, best first. */
  readonly reuse: () => Promise<readonly Holding[]>;
}

/**
 * What one ship puts on a target. Order matters: whatever the manifest vouches for goes up before it. Until
 * {@link publish} the ship is not there.
 */
export class Upload {
  readonly #target: Target;
  readonly #verified: Verified;
  readonly #journal: Journal;
  readonly #signal: AbortSignal;
  readonly #reuse: () => Promise<readonly Holding[]>;
  /** Names that are about to be sent, and were not there. */
  readonly #free = new Set<string>();
  /** How what was sent can be verified without reading it. */
  readonly #arrivals = new Map<string, Arrival>();
  /** Bytes that the target took from this ship. */
  sentBytes = 0;
  /** Bytes that the target copied for this ship. */
  copiedBytes = 0;
  /** Why all was sent although the target holds some of it. */
  fullUpload: string | undefined;

  constructor({ target, verified, journal, signal, reuse }: UploadContext) {
    this.#target = target;
    this.#verified = verified;
    this.#journal = journal;
    this.#signal = signal;
    this.#reuse = reuse;
  }

  /**
   * Those of the wanted objects that the target does not hold, in the order in which they go up. What it holds is compared.
   *
   * @throws ShipEnvError TARGET_CONFLICT when it holds something else under one of the names
   */
  async missing({ code, environment }: Wanted): Promise<Payload[]> {
    if (environment !== undefined) this.#journal.concerns(environment.artifact.name, environment.manifest.name);
    const payloads = [...code, ...(environment === undefined ? [] : [environment.artifact, environment.manifest])];
    const found = await Promise.all(payloads.map(({ name }) => this.#target.look(name, this.#signal)));
    const missing: Payload[] = [];
    for (const [index, payload] of payloads.entries()) {
      if (!(await this.#isHeld(payload, found[index]))) missing.push(payload);
      // Not the manifest, which comes at the end of it all.
      if (found[index] === undefined && payload !== environment?.manifest) this.#free.add(payload.name);
    }
    return missing;
  }

  /** Does the target hold anything of this environment, whole or not? If not, the artifact may be sent while it is built. */
  async hasTraceOf(artifactName: string, manifestName: string): Promise<boolean> {
    this.#journal.concerns(artifactName, manifestName);
    const found = await Promise.all([artifactName, manifestName].map(name => this.#target.look(name, this.#signal)));
    const hasTrace = found.some(facts => facts !== undefined);
    if (!hasTrace) this.#free.add(artifactName);
    return hasTrace;
  }

  /** What sending an artifact would send and copy. */
  estimate(artifact: SpannedPayload): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>> {
    return this.#target.estimate(artifact, { signal: this.#signal, reuse: this.#reuse });
  }

  /**
   * Sends an artifact, as far as the target does not hold its bytes already; it may still be under way.
   *
   * @returns undefined when someone else was faster
   */
  async sendArtifact(artifact: SpannedPayload, onProgress: (bytes: number) => void): Promise<Arrival | undefined> {
    const options = { signal: this.#signal, onProgress, reuse: this.#reuse };
    const arrival = await withRepair(() =>
      this.#target.write(artifact, { ...options, isFree: this.#takeFree(artifact.name) })
    );
    if (arrival !== undefined) this.#arrived(artifact.name, arrival);
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
    const arrival = await this.#target.write(payload, options);
    if (arrival !== undefined) this.#arrived(payload.name, arrival);
  }

  #arrived(name: string, arrival: Arrival): void {
    this.#journal.created(name);
    this.#arrivals.set(name, arrival);
    this.sentBytes += arrival.sentBytes;
    this.copiedBytes += arrival.copiedBytes;
    this.fullUpload ??= arrival.fullUpload;
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
        const identity = await (arrival?.verify(this.#signal) ?? this.#target.verify(payload, this.#signal));
        this.#verified.add(payload.name, identity, payload.sha256);
      } catch (error) {
        if (isShipEnvError(error, 'TARGET_CHECKSUM')) this.#journal.broke(payload.name);
        throw error;
      }
    }
    await this.#verified.save();
  }

  /**
   * Puts the manifest there, unless it is, and then looks whether all is there that it vouches for. A cancel that comes
   * when the manifest is on its way comes too late, and at most cuts the look short.
   *
   * @throws ShipEnvError TARGET_CONFLICT when there is another manifest
   */
  async publish({ code, environment }: Wanted, report: Report): Promise<void> {
    if (environment === undefined) return;
    const { artifact, manifest } = environment;
    this.#signal.throwIfAborted();
    report({ detail: manifest.name });
    await this.#send(manifest, () => undefined, UNCUT);
    this.#journal.published(this.#journal.hasCreated(manifest.name));
    await this.#lookAgain([...code, artifact], manifest, report).catch((error: unknown) => {
      if (!this.#journal.isPublished || !this.#signal.aborted) throw error;
    });
  }

  /**
   * A ship of another machine may have been cancelled after we found its files, and before it could see that our manifest
   * vouches for them: what is gone is sent again.
   */
  async #lookAgain(payloads: readonly Payload[], manifest: Payload, report: Report): Promise<void> {
    const found = await Promise.all([...payloads, manifest].map(({ name }) => this.#target.look(name, this.#signal)));
    await this.#isHeld(manifest, found.at(-1));
    const gone = [...payloads, manifest].filter((_, index) => found[index] === undefined);
    // A manifest does not count without its files.
    this.#journal.published(gone.length === 0);
    await this.send(gone, report);
    await this.verify(gone, report);
    this.#verified.add(manifest.name, BY_CONTENT, manifest.sha256);
    await this.#verified.save();
    this.#journal.published(true);
  }

  #isHeld(payload: Payload, found: ObjectFacts | undefined): Promise<boolean> {
    return isHeld(this.#target, payload, found, { verified: this.#verified, signal: this.#signal });
  }
}

/** Bytes of all payloads. */
export function sum(payloads: readonly Payload[]): number {
  return payloads.reduce((bytes, payload) => bytes + payload.bytes, 0);
}
