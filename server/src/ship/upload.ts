import { withRepair } from '../content/segments/segment-index.js';
import { isShipEnvError } from '../errors.js';
import type { Payload, SpannedPayload } from '../payloads/payload.js';
import type { Arrival, Holding, ObjectFacts, Target } from '../targets/target.js';
import { isHeld } from '../trust/compare.js';
import { BY_CONTENT, type Verified } from '../trust/verified.js';
import type { Journal } from './undo/journal.js';
import type { Report } from './steps.js';

/** The signal of requests that a cancel must not cut: nobody would know whether the store had carried them out. */
const UNCUT = new AbortController().signal;

/** An artifact whose build is complete. */
export type BuiltPayload = Payload & SpannedPayload;

/** What the target shall hold after a ship. */
export interface Wanted {
  /** The code archives and the pointer to them. */
  readonly code: readonly Payload[];
  /** Undefined when the environment is published on the target already. */
  readonly environment?: { readonly artifact: Payload | BuiltPayload; readonly manifest: Payload } | undefined;
}

/** What an upload needs. */
export interface UploadContext {
  readonly target: Target;
  /** The objects that were verified before; this ship adds the ones that it verifies. */
  readonly verified: Verified;
  /** Notes what must be undone when the ship fails. */
  readonly journal: Journal;
  readonly signal: AbortSignal;
  /** Finds artifacts on the target whose bytes may be reused, best first. */
  readonly reuse: () => Promise<readonly Holding[]>;
}

/**
 * The objects that one ship writes to a target. Order matters: the manifest goes up after all files that it names.
 * Until {@link publish} nobody sees the ship.
 */
export class Upload {
  readonly #target: Target;
  readonly #verified: Verified;
  readonly #journal: Journal;
  readonly #signal: AbortSignal;
  readonly #reuse: () => Promise<readonly Holding[]>;
  /** Names that are about to be sent and that the target did not hold. */
  readonly #free = new Set<string>();
  /** By name, how an object that was sent can be verified without reading it. */
  readonly #arrivals = new Map<string, Arrival>();
  /** Bytes that this ship sent. */
  sentBytes = 0;
  /** Bytes that the target copied for this ship. */
  copiedBytes = 0;
  /** Why the whole artifact was sent although the target holds some of it. */
  fullUpload: string | undefined;

  constructor({ target, verified, journal, signal, reuse }: UploadContext) {
    this.#target = target;
    this.#verified = verified;
    this.#journal = journal;
    this.#signal = signal;
    this.#reuse = reuse;
  }

  /**
   * The wanted objects that the target does not hold, in the order of their upload. Objects that it holds are compared.
   *
   * @throws ShipEnvError TARGET_CONFLICT when it holds something else under one of the names
   */
  async missing({ code, environment }: Wanted): Promise<Payload[]> {
    if (environment !== undefined) this.#journal.setEnvironment(environment.artifact.name, environment.manifest.name);
    const payloads = [...code, ...(environment === undefined ? [] : [environment.artifact, environment.manifest])];
    const found = await Promise.all(payloads.map(({ name }) => this.#target.stat(name, this.#signal)));
    const missing: Payload[] = [];
    for (const [index, payload] of payloads.entries()) {
      if (!(await this.#isHeld(payload, found[index]))) missing.push(payload);
      // The manifest is not counted: it is written at the very end.
      if (found[index] === undefined && payload !== environment?.manifest) this.#free.add(payload.name);
    }
    return missing;
  }

  /**
   * Does the target hold a file of this environment, complete or not? If not, the artifact may be sent while it is
   * built.
   */
  async hasTraceOf(artifactName: string, manifestName: string): Promise<boolean> {
    this.#journal.setEnvironment(artifactName, manifestName);
    const found = await Promise.all([artifactName, manifestName].map(name => this.#target.stat(name, this.#signal)));
    const hasTrace = found.some(facts => facts !== undefined);
    if (!hasTrace) this.#free.add(artifactName);
    return hasTrace;
  }

  /** What sending an artifact would send and copy. */
  estimate(artifact: SpannedPayload): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>> {
    return this.#target.estimate(artifact, { signal: this.#signal, reuse: this.#reuse });
  }

  /**
   * Sends an artifact, except the bytes that the target can reuse. The build may still be under way.
   *
   * @returns undefined when another ship was faster
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
    const total = totalBytes(payloads);
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

  /** Is the name known to be free? True once only: a second attempt must ask the target again. */
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
   * Writes the manifest, unless the target has it, and then checks that all files that it names are there. A cancel
   * that comes while the manifest is on its way comes too late; at most it cuts this check short.
   *
   * @throws ShipEnvError TARGET_CONFLICT when the target has another manifest
   */
  async publish({ code, environment }: Wanted, report: Report): Promise<void> {
    if (environment === undefined) return;
    const { artifact, manifest } = environment;
    this.#signal.throwIfAborted();
    report({ detail: manifest.name });
    await this.#send(manifest, () => undefined, UNCUT);
    this.#journal.published(this.#journal.hasCreated(manifest.name));
    await this.#checkAgain([...code, artifact], manifest, report).catch((error: unknown) => {
      if (!this.#journal.isPublished || !this.#signal.aborted) throw error;
    });
  }

  /**
   * Checks the files again after the manifest is written, and sends missing ones again. A ship of another machine may
   * have been cancelled after we found its files, and may have removed them before it could see our manifest.
   */
  async #checkAgain(payloads: readonly Payload[], manifest: Payload, report: Report): Promise<void> {
    const found = await Promise.all([...payloads, manifest].map(({ name }) => this.#target.stat(name, this.#signal)));
    await this.#isHeld(manifest, found.at(-1));
    const gone = [...payloads, manifest].filter((_, index) => found[index] === undefined);
    // Without its files a manifest publishes nothing.
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
export function totalBytes(payloads: readonly Payload[]): number {
  return payloads.reduce((bytes, payload) => bytes + payload.bytes, 0);
}
