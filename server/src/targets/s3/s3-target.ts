import { randomUUID } from 'node:crypto';
import type { SettingsOf } from '../../contract/target-settings.js';
import type { Probed } from '../../contract/targets.js';
import type { Payload, SpannedPayload } from '../../payloads/payload.js';
import { readRange } from '../../payloads/read.js';
import { spanned } from '../../payloads/spanned.js';
import { BaseTarget } from '../base-target.js';
import { isHidden } from '../names.js';
import { probe } from '../probe.js';
import type { Access, Arrival, ObjectFacts, Target, TargetEntry, WriteOptions } from '../target.js';
import { s3Access } from './access.js';
import { assembleObject, estimateObject } from './delta/assemble.js';
import type { S3Location } from './location.js';
import { listObjects } from './objects/listing.js';
import { readObject, removeObject } from './objects/objects.js';
import { statObject, verifyPayload } from './objects/verify.js';
import { putWhole } from './objects/whole.js';
import { requireWritable } from './objects/writable.js';
import { resolveS3Settings } from './settings.js';
import { findOutComparison } from './store/comparison.js';
import { S3Store, type ConnectionLimits } from './store/store.js';
import { CHECK_LIMITS, SHIP_LIMITS } from './time-limits.js';

/**
 * Opens a bucket and prefix of an S3-compatible store. Sends no request yet.
 *
 * @throws ShipEnvError SETTINGS_INVALID
 */
export async function openS3Target(
  location: S3Location,
  settings: SettingsOf<'s3'>,
  limits: { ship?: ConnectionLimits; check?: ConnectionLimits } = {}
): Promise<Target> {
  const resolved = await resolveS3Settings(location, settings);
  const store = await S3Store.connect(resolved, limits.ship ?? SHIP_LIMITS);
  return new S3Target(store, () => S3Store.connect(resolved, limits.check ?? CHECK_LIMITS));
}

async function writeProbe(store: S3Store, payload: Payload, signal: AbortSignal): Promise<unknown> {
  const body = await readRange(payload, 0, payload.bytes, signal);
  const digest = Buffer.from(payload.sha256, 'hex');
  return putWhole(store, { name: payload.name, body, digest }, randomUUID(), signal);
}

/** A bucket and prefix of Amazon S3 or of a store that speaks its protocol. */
class S3Target extends BaseTarget {
  readonly url: string;
  readonly access: Access;
  readonly #store: S3Store;
  readonly #connectForCheck: () => Promise<S3Store>;

  constructor(store: S3Store, connectForCheck: () => Promise<S3Store>) {
    super();
    this.url = store.settings.url;
    this.access = s3Access(store.settings);
    this.#store = store;
    this.#connectForCheck = connectForCheck;
  }

  override get canReuse(): boolean {
    return this.#store.has('copies');
  }

  stat(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    return statObject(this.#store, name, signal);
  }

  write(payload: Payload | SpannedPayload, options: WriteOptions): Promise<Arrival | undefined> {
    return assembleObject(this.#store, spanned(payload), options);
  }

  override estimate(
    payload: SpannedPayload,
    options: WriteOptions
  ): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>> {
    return estimateObject(this.#store, payload, options);
  }

  read(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined> {
    return readObject(this.#store, name, signal);
  }

  override verify(payload: Payload, signal: AbortSignal): Promise<string | undefined> {
    return verifyPayload(this.#store, payload, signal);
  }

  requireWritable(signal: AbortSignal): Promise<void> {
    return requireWritable(this.#store, signal);
  }

  async *list(signal: AbortSignal): AsyncIterable<TargetEntry> {
    const { keyPrefix } = this.#store.settings;
    for await (const { Key, Size, LastModified, ETag } of listObjects(this.#store, signal)) {
      const name = (Key ?? '').slice(keyPrefix.length);
      // The empty name is the "folder" object that a web console makes.
      if (name === '' || name.includes('/') || isHidden(name)) continue;
      yield { name, bytes: Size ?? 0, modified: LastModified ?? new Date(0), version: ETag };
    }
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    await removeObject(this.#store, name, signal);
  }

  override async check(signal: AbortSignal): Promise<Probed> {
    const store = await this.#connectForCheck();
    try {
      const found = await probe(
        {
          url: this.url,
          write: async payload => {
            if ('spans' in payload) throw new TypeError('A probe object has no spans.');
            await store.attempt('Writing a probe object to', () => writeProbe(store, payload, signal), signal);
            return undefined;
          },
          read: (name, until) => readObject(store, name, until),
          remove: (name, until) => removeObject(store, name, until)
        },
        signal
      );
      await findOutComparison(store);
      return { ...found, remarks: store.remarks() };
    } finally {
      store.close();
    }
  }

  override remarks(): readonly string[] {
    return this.#store.remarks();
  }

  override close(): void {
    this.#store.close();
  }
}
