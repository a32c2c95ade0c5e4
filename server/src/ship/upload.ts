import { createHash } from 'node:crypto';
import type { Cache } from '../cache/cache.js';
import { isAbort, isShipEnvError, withLeftovers } from '../errors.js';
import type { Payload, Target } from '../targets/target.js';
import { isHeld } from './compare.js';
import type { Report } from './steps.js';

/** How long the clean-up after a cancelled or failed upload may take. */
const ROLLBACK_TIMEOUT_MS = 30_000;
/** How long one removal of it may take, so that one that hangs leaves time for the others. */
const REMOVAL_TIMEOUT_MS = 10_000;

/** What a ship wants on the target. */
export interface Cargo {
  /** The code archives and the pointer to them. */
  readonly code: readonly Payload[];
  /** Absent when the target holds the environment, published. */
  readonly environment?: { readonly artifact: Payload; readonly manifest: Payload } | undefined;
}

/**
 * What one ship puts on a target, so that all of it can be taken back.
 *
 * Order matters: whatever the manifest vouches for goes up before it. Until {@link publish} the ship is not there, and
 * {@link rollback} removes what this ship created and nothing that was there before.
 */
export class Upload {
  readonly #target: Target;
  readonly #signal: AbortSignal;
  readonly #created = new Set<string>();
  /** Names of ours whose bytes did not arrive as sent. */
  readonly #broken = new Set<string>();
  #environment: Cargo['environment'];
  /** Bytes that the target took from this ship. */
  sentBytes = 0;

  constructor(target: Target, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /**
   * Those of the cargo's files that the target does not hold, in the order in which they go up. Of an artifact that it
   * holds the bytes are compared, since no manifest vouches for them yet, and of the code what can be told cheaply.
   *
   * @throws ShipEnvError TARGET_CONFLICT when it holds something else under one of the names
   */
  async missing({ code, environment }: Cargo): Promise<Payload[]> {
    this.#environment = environment;
    const payloads = [...code, ...(environment === undefined ? [] : [environment.artifact, environment.manifest])];
    const found = await Promise.all(payloads.map(({ name }) => this.#target.head(name, this.#signal)));
    const missing: Payload[] = [];
    for (const [index, payload] of payloads.entries()) {
      const options = { thorough: !code.includes(payload), signal: this.#signal };
      if (!(await isHeld(this.#target, payload, found[index], options))) missing.push(payload);
    }
    return missing;
  }

  /** Sends the payloads one after the other. */
  async send(payloads: readonly Payload[], report: Report): Promise<void> {
    const total = sum(payloads);
    let before = 0;
    for (const payload of payloads) {
      const detail = payload.name;
      report({ done: before, total, detail });
      const outcome = await this.#target.put(payload, {
        signal: this.#signal,
        onProgress: bytes => report({ done: before + bytes, total, detail })
      });
      if (outcome === 'created') {
        this.#created.add(payload.name);
        this.sentBytes += payload.bytes;
      }
      before += payload.bytes;
    }
  }

  /** Compares what was sent with what the target holds now. */
  async verify(payloads: readonly Payload[], report: Report): Promise<void> {
    for (const [index, payload] of payloads.entries()) {
      report({ done: index, total: payloads.length, detail: payload.name });
      try {
        await this.#target.verify(payload, this.#signal);
      } catch (error) {
        if (isShipEnvError(error, 'TARGET_CHECKSUM')) this.#broken.add(payload.name);
        throw error;
      }
    }
  }

  /**
   * Puts the manifest there, unless it is, and then looks whether all the files still are: a ship of another machine may
   * have been cancelled after we found its files, and before it could see that our manifest vouches for them.
   *
   * @throws ShipEnvError TARGET_CONFLICT when there is another manifest
   */
  async publish({ code, environment }: Cargo, report: Report): Promise<void> {
    if (environment === undefined) return;
    const { artifact, manifest } = environment;
    await this.send([manifest], report);
    const payloads = [...code, artifact, manifest];
    const found = await Promise.all(payloads.map(({ name }) => this.#target.head(name, this.#signal)));
    await isHeld(this.#target, manifest, found.at(-1), { thorough: true, signal: this.#signal });
    const gone = payloads.filter((_, index) => found[index] === undefined);
    await this.send(gone, report);
    await this.verify(gone, report);
  }

  /**
   * Removes what this ship created, last first. Not stopped by the ship's own signal: that may be why it runs.
   *
   * @throws AggregateError of all that failed, after every removal was tried
   */
  async rollback(): Promise<void> {
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
    const isManifest = (name: string): number => Number(name === this.#environment?.manifest.name);
    return [...this.#created].reverse().sort((a, b) => isManifest(b) - isManifest(a));
  }

  async #takeBack(name: string, signal: AbortSignal): Promise<void> {
    if (!(await this.#isVouchedFor(name, signal))) return this.#target.remove(name, signal);
    const { manifest } = this.#environment ?? {};
    if (manifest !== undefined && this.#created.has(manifest.name)) throw new Error(`${manifest.name} vouches for it.`);
  }

  /** Another machine's ship found our artifact and published it: it is not ours alone any more. */
  async #isVouchedFor(name: string, signal: AbortSignal): Promise<boolean> {
    const { artifact, manifest } = this.#environment ?? {};
    if (manifest === undefined || name !== artifact?.name || this.#broken.has(name)) return false;
    return (await this.#target.head(manifest.name, signal)) !== undefined;
  }
}

/**
 * Runs `work` while no other ship of this machine writes to the target, and takes everything back when it fails: else
 * one ship could build on an object that another, cancelled a moment later, removes again.
 *
 * @param work - is given a signal that also aborts when the lock is lost
 * @throws what `work` throws; what could not be taken back is told by its causes
 */
export async function transaction<T>(
  cache: Cache,
  target: Target,
  signal: AbortSignal,
  work: (upload: Upload, signal: AbortSignal) => Promise<T>
): Promise<T> {
  const lock = `target-${createHash('sha256').update(target.url).digest('hex').slice(0, 16)}`;
  return cache.exclusively(lock, signal, async held => {
    const upload = new Upload(target, held);
    try {
      return await work(upload, held);
    } catch (error) {
      // An abort that a library made an error of its own does not say whether the person or the lost lock is behind it.
      const first: unknown = held.aborted && isAbort(error) ? held.reason : error;
      await upload.rollback().catch((second: unknown) => {
        throw withLeftovers(first, second);
      });
      throw first;
    }
  });
}

/** Bytes of all payloads. */
export function sum(payloads: readonly Payload[]): number {
  return payloads.reduce((bytes, payload) => bytes + payload.bytes, 0);
}
