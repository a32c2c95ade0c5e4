import { randomUUID } from 'node:crypto';
import type { Probed, TargetSettings } from '../../contract/targets.js';
import { assertObjectName, isHidden } from '../names.js';
import { readRange } from '../../payloads/read.js';
import { probe } from '../probe.js';
import { findOutComparison } from './store/comparison.js';
import { identityOf } from './objects/identity.js';
import type { S3Location } from './location.js';
import { listObjects } from './objects/listing.js';
import { headObject, readObject, removeObject } from './objects/objects.js';
import { assembleObject, estimateObject } from './delta/assemble.js';
import { putObject } from './objects/put.js';
import { resolveS3Settings } from './settings.js';
import { s3SparkProperties } from './spark.js';
import { S3Store, type Patience } from './store/store.js';
import { digestObject, sha256Of, verifyPayload } from './objects/verify.js';
import { putWhole } from './objects/whole.js';
import { requireWritable } from './objects/writable.js';
import { spanned } from '../../payloads/spanned.js';
import type {
  Arrival,
  AssembleOptions,
  ObjectFacts,
  Payload,
  ReadFacts,
  SpannedPayload,
  Target,
  TargetEntry,
  TransferOptions
} from '../target.js';
import { encodedPath } from '../url.js';

/** For ships: as the AWS SDKs retry, and long enough for a store that puts gigabytes together. */
const SHIP_PATIENCE: Patience = { connectMs: 5000, idleMs: 60_000, attempts: 3 };
/** For the check: someone is looking at the button. */
const CHECK_PATIENCE: Patience = { connectMs: 5000, idleMs: 10_000, attempts: 1 };

/**
 * Opens a bucket and prefix of an S3-compatible store; nothing is sent yet.
 *
 * @throws ShipEnvError SETTINGS_INVALID
 */
export async function openS3Target(
  location: S3Location,
  settings: TargetSettings,
  patience: { ship?: Patience; check?: Patience } = {}
): Promise<Target> {
  const resolved = await resolveS3Settings(location, settings);
  const store = await S3Store.connect(resolved, patience.ship ?? SHIP_PATIENCE);
  return new S3Target(store, () => S3Store.connect(resolved, patience.check ?? CHECK_PATIENCE));
}

async function writeProbe(store: S3Store, payload: Payload, signal: AbortSignal): Promise<unknown> {
  const body = await readRange(payload, 0, payload.bytes, signal);
  const digest = Buffer.from(payload.sha256, 'hex');
  return putWhole(store, { name: payload.name, body, digest }, randomUUID(), signal);
}

/** A bucket and prefix of Amazon S3 or of a store that speaks its protocol. */
class S3Target implements Target {
  readonly url: string;
  readonly #store: S3Store;
  readonly #connectForCheck: () => Promise<S3Store>;

  constructor(store: S3Store, connectForCheck: () => Promise<S3Store>) {
    this.url = store.settings.url;
    this.#store = store;
    this.#connectForCheck = connectForCheck;
  }

  get canCopy(): boolean {
    return this.#store.has('copies');
  }

  uri(name: string): string {
    assertObjectName(name);
    return `s3a${this.url.slice('s3'.length)}/${encodedPath([name])}`;
  }

  executablePath(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  sparkProperties(): Record<string, string> {
    return s3SparkProperties(this.#store.settings);
  }

  async head(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    const found = await headObject(this.#store, name, signal);
    if (found === undefined) return undefined;
    return {
      bytes: found.ContentLength ?? 0,
      sha256: sha256Of(found),
      identity: identityOf(this.#store, found),
      modified: found.LastModified
    };
  }

  async put(payload: Payload, options: TransferOptions): Promise<'created' | 'exists'> {
    const written = await putObject(this.#store, spanned(payload), [], options);
    return written === undefined ? 'exists' : 'created';
  }

  assemble(artifact: SpannedPayload, options: AssembleOptions): Promise<Arrival | undefined> {
    return assembleObject(this.#store, artifact, options);
  }

  estimate(artifact: SpannedPayload, options: AssembleOptions): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>> {
    return estimateObject(this.#store, artifact, options);
  }

  async read(name: string, signal: AbortSignal): Promise<Buffer | undefined> {
    return readObject(this.#store, name, signal);
  }

  digest(name: string, options: Pick<TransferOptions, 'signal' | 'onProgress'>): Promise<ReadFacts | undefined> {
    return digestObject(this.#store, name, options);
  }

  async verify(payload: Payload, signal: AbortSignal): Promise<string | undefined> {
    return verifyPayload(this.#store, payload, signal);
  }

  requireWritable(signal: AbortSignal): Promise<void> {
    return requireWritable(this.#store, signal);
  }

  async *list(signal: AbortSignal): AsyncIterable<TargetEntry> {
    const { keyPrefix } = this.#store.settings;
    for await (const { Key, Size, LastModified, ETag } of listObjects(this.#store, signal)) {
      const name = (Key ?? '').slice(keyPrefix.length);
      // The empty name is the "folder" that a web console makes.
      if (name === '' || name.includes('/') || isHidden(name)) continue;
      yield { name, bytes: Size ?? 0, modified: LastModified ?? new Date(0), etag: ETag };
    }
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    await removeObject(this.#store, name, signal);
  }

  async check(signal: AbortSignal): Promise<Probed> {
    const store = await this.#connectForCheck();
    try {
      const found = await probe(
        {
          url: this.url,
          write: (payload, until) =>
            store.attempt('Writing a probe object to', () => writeProbe(store, payload, until), until),
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

  remarks(): readonly string[] {
    return this.#store.remarks();
  }

  close(): void {
    this.#store.close();
  }
}
