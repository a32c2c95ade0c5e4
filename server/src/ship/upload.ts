import type { Cache } from '../cache/cache.js';
import type { Payload, Target } from '../targets/target.js';
import { createHash } from 'node:crypto';
import type { Report } from './steps.js';

/** How long the clean-up after a cancelled or failed upload may take. */
const ROLLBACK_TIMEOUT_MS = 30_000;

/**
 * What one ship puts on a target, so that all of it can be taken back.
 *
 * Order matters: whatever the manifest vouches for goes up before it. Until {@link publish} the ship is not there, and
 * {@link rollback} removes what this ship created and nothing that was there before.
 */
export class Upload {
  readonly #target: Target;
  readonly #signal: AbortSignal;
  readonly #created: string[] = [];
  /** Bytes that the target took from this ship. */
  sentBytes = 0;

  constructor(target: Target, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** Those of the payloads that the target does not hold. */
  async missing(payloads: readonly Payload[]): Promise<Payload[]> {
    const heads = await Promise.all(payloads.map(payload => this.#target.head(payload.name, this.#signal)));
    return payloads.filter((_, index) => heads[index] === undefined);
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
        this.#created.push(payload.name);
        this.sentBytes += payload.bytes;
      }
      before += payload.bytes;
    }
  }

  /** Compares what was sent with what the target holds now. */
  async verify(payloads: readonly Payload[], report: Report): Promise<void> {
    for (const [index, payload] of payloads.entries()) {
      report({ done: index, total: payloads.length, detail: payload.name });
      await this.#target.verify(payload, this.#signal);
    }
  }

  /** Removes what this ship created, last first. Not stopped by the ship's own signal: that may be why it runs. */
  async rollback(): Promise<void> {
    const signal = AbortSignal.timeout(ROLLBACK_TIMEOUT_MS);
    for (const name of this.#created.reverse()) await this.#target.remove(name, signal);
    this.#created.length = 0;
  }
}

/**
 * Runs `work` while no other ship of this machine writes to the target, and takes everything back when it fails: else
 * one ship could build on an object that another, cancelled a moment later, removes again.
 *
 * @throws what `work` throws; when the clean-up fails too, an AggregateError of both as its cause chain is kept
 */
export async function transaction<T>(
  cache: Cache,
  target: Target,
  signal: AbortSignal,
  work: (upload: Upload) => Promise<T>
): Promise<T> {
  const lock = `target-${createHash('sha256').update(target.url).digest('hex').slice(0, 16)}`;
  return cache.exclusively(lock, signal, async () => {
    const upload = new Upload(target, signal);
    try {
      return await work(upload);
    } catch (error) {
      try {
        await upload.rollback();
      } catch (second) {
        throw withLeftovers(error, second);
      }
      throw error;
    }
  });
}

/** The first error stays the error; what could not be removed joins its causes. */
function withLeftovers(error: unknown, second: unknown): unknown {
  if (error instanceof Error) {
    error.cause = new AggregateError(
      [error.cause, second],
      `What this ship had uploaded could not be removed again: ${second instanceof Error ? second.message : String(second)}`
    );
  }
  return error;
}

/** Bytes of all payloads. */
export function sum(payloads: readonly Payload[]): number {
  return payloads.reduce((bytes, payload) => bytes + payload.bytes, 0);
}
