import type { Probe } from '../contract/targets.js';
import type { Payload, PayloadFacts, SpannedPayload } from '../payloads/payload.js';
import { conflictError } from './object-errors.js';
import { probe } from './probe.js';
import { verifyByReading } from './reading.js';
import type { Access, Arrival, ObjectFacts, Target, TargetEntry, WriteOptions } from './target.js';

/**
 * The default behaviour of targets: send everything, verify by reading back, and check with a probe object. A kind of
 * target overrides what it can do better.
 */
export abstract class BaseTarget implements Target {
  abstract readonly url: string;
  abstract readonly access: Access;
  abstract stat(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  abstract write(payload: Payload | SpannedPayload, options: WriteOptions): Promise<Arrival | undefined>;
  abstract read(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined>;
  abstract list(signal: AbortSignal): AsyncIterable<TargetEntry>;
  abstract remove(name: string, signal: AbortSignal): Promise<void>;
  abstract requireWritable(signal: AbortSignal): Promise<void>;

  get canReuse(): boolean {
    return false;
  }

  async estimate(payload: SpannedPayload, _options: WriteOptions): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>> {
    let sentBytes = 0;
    for await (const { bytes } of payload.spans()) sentBytes += bytes;
    return { sentBytes, copiedBytes: 0 };
  }

  verify(payload: Payload, signal: AbortSignal): Promise<string | undefined> {
    return verifyByReading(this, payload, signal);
  }

  check(signal: AbortSignal): Promise<Probe> {
    return probe(this, signal);
  }

  remarks(): readonly string[] {
    return [];
  }

  close(): void {
    // Most targets hold nothing open.
  }

  /**
   * Is there an object of the payload's name? Call it before a write, and when the name was taken meanwhile.
   *
   * @throws ShipEnvError TARGET_CONFLICT when the object has another size
   */
  protected async holds(
    { name, promised }: Pick<SpannedPayload, 'name' | 'promised'>,
    signal: AbortSignal
  ): Promise<boolean> {
    const found = await this.stat(name, signal);
    if (found !== undefined && promised !== undefined && found.bytes !== promised.bytes)
      throw conflictError(this.url, { name, bytes: promised.bytes, sha256: promised.sha256 }, `${found.bytes} bytes`);
    return found !== undefined;
  }

  /** The arrival of an object of which every byte was sent. It is verified by reading it back. */
  protected arrivalOf(facts: PayloadFacts): Arrival {
    const { bytes, sha256 } = facts;
    return {
      ...{ bytes, sha256, sentBytes: bytes, copiedBytes: 0 },
      verify: signal => verifyByReading(this, facts, signal)
    };
  }
}
