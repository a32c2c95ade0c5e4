import { rootCertificates } from 'node:tls';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ShipEnvError } from '../../../errors.js';
import { FILE_KINDS, readBounded } from '../../../system/files/read.js';
import { statusOf } from '../failures/answer.js';
import { noS3Store, s3Error } from '../failures/errors.js';
import { FEATURES, featuresOf, type FeatureName, type StoreFeatures } from './features.js';
import type { S3Settings } from '../settings.js';
import { keepClockUntilRefused, signByChecksum } from './signing.js';

/** Time limits and attempts of a connection. */
export interface ConnectionLimits {
  readonly connectMs: number;
  /** Time without a byte in either direction. A store may need a while to assemble the parts of an upload. */
  readonly idleMs: number;
  readonly attempts: number;
}

/** A connection to one bucket. Turns errors of the SDK into ours. */
export class S3Store {
  readonly client: S3Client;
  readonly settings: S3Settings;
  /** What this connection and all others found out about the store. */
  readonly features: StoreFeatures;
  /** Names of objects that were read back, since no answer of the store proved that they had arrived. */
  readonly readBack = new Set<string>();
  /** Parts of one upload that are on their way at once. */
  readonly partsInFlight = partsInFlight();
  #bucketSeen = false;

  private constructor(client: S3Client, settings: S3Settings) {
    this.client = client;
    this.settings = settings;
    this.features = featuresOf(settings);
  }

  /** @throws ShipEnvError SETTINGS_INVALID when `AWS_CA_BUNDLE` cannot be read */
  static async connect(settings: S3Settings, limits: ConnectionLimits): Promise<S3Store> {
    const { endpoint, region, pathStyle, profile } = settings;
    const ca = await certificateAuthorities();
    // Silences a warning: the SDK of this bundle runs on Node.js 20, and the person cannot change which versions a
    // later SDK supports.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const client = new S3Client({
      ...(profile !== undefined && { profile }),
      ...(endpoint !== undefined && { endpoint }),
      region: region ?? 'us-east-1',
      // When no region is set, Amazon's answer names the right one.
      followRegionRedirects: endpoint === undefined,
      forcePathStyle: pathStyle,
      maxAttempts: limits.attempts,
      // We send SHA-256 ourselves where it matters. Some stores fail on the checksums that newer SDKs add everywhere.
      requestChecksumCalculation: settings.checksums.request ?? 'WHEN_REQUIRED',
      responseChecksumValidation: settings.checksums.response ?? 'WHEN_REQUIRED',
      // With this header the SDK opens a new connection for each part.
      expectContinueHeader: false,
      requestHandler: {
        connectionTimeout: limits.connectMs,
        socketTimeout: limits.idleMs,
        httpAgent: { keepAlive: true },
        httpsAgent: { keepAlive: true, ...(ca && { ca }) }
      }
    });
    signByChecksum(client);
    keepClockUntilRefused(client);
    return new S3Store(client, settings);
  }

  /**
   * May a request use this feature? It may when the store has it, as far as is known, and the AWS settings allow it.
   */
  has(name: FeatureName): boolean {
    return !this.settings.declined.includes(name) && this.features.has(name);
  }

  /**
   * Sentences for the person: features for verification that the store lacks or the AWS settings forbid, and the
   * objects that were read back for that reason.
   */
  remarks(): string[] {
    const lacking = keysOf(FEATURES).flatMap(name => {
      const { without } = FEATURES[name];
      const reason = this.settings.declined.includes(name) ? 'the AWS settings forbid it' : this.features.whyNot(name);
      return without === undefined || reason === undefined
        ? []
        : [`The store lacks a feature: ${without} (${reason}).`];
    });
    const names = [...this.readBack].sort().join(', ');
    return names === ''
      ? lacking
      : [
          ...lacking,
          `The store did not verify what arrived. These files were read back and are as they were sent: ${names}.`
        ];
  }

  /** The key of an object of that name. */
  key(name: string): string {
    return this.settings.keyPrefix + name;
  }

  /** The parameters that every request about one object has. */
  object(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: this.key(name) };
  }

  /**
   * Runs requests. Errors become ShipEnvErrors; an abort rejects with the signal's reason.
   *
   * @param doing - the attempted action, for the message: `Writing env-1.pex to`
   */
  async attempt<T>(doing: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const result = await work();
      this.#bucketSeen = true;
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      throw s3Error(error, `${doing} ${this.settings.url}`, this.settings);
    }
  }

  /**
   * Checks that the bucket exists: the answer to a HEAD request is 404 for a missing object and for a missing bucket
   * alike.
   *
   * @throws the SDK's error about a missing bucket
   */
  async assertBucket(signal?: AbortSignal): Promise<void> {
    if (this.#bucketSeen) return;
    const error = await this.ask(signal);
    // Credentials that may not list the bucket may still use it.
    if (error !== undefined && statusOf(error) !== 403) throw error;
    this.#bucketSeen = true;
  }

  /**
   * Checks that an answer comes from an S3 store. A web server or a proxy may answer 200 with a page of its own; the
   * SDK reads it as an answer without fields.
   *
   * @param named - fields that an S3 store sets in such an answer; one of them is enough
   * @throws ShipEnvError TARGET_FAILED
   */
  assertS3(...named: readonly unknown[]): void {
    if (named.every(value => value === undefined)) throw noS3Store(this.settings);
  }

  /**
   * Sends a harmless request to learn a reason: the answer to a HEAD request has no body, so its 400 and 403 give none.
   *
   * @returns what the SDK throws; undefined when the request succeeds
   */
  async ask(signal?: AbortSignal): Promise<Error | undefined> {
    try {
      const { bucket: Bucket, keyPrefix: Prefix } = this.settings;
      await this.client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), { abortSignal: signal });
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return error;
    }
  }

  close(): void {
    this.client.destroy();
  }
}

function keysOf<Key extends string>(table: Record<Key, unknown>): Key[] {
  return Object.keys(table) as Key[];
}

/** One more part is in memory: the one that is being read. */
const DEFAULT_PARTS_IN_FLIGHT = 4;
const MAX_PARTS_IN_FLIGHT = 16;

/** `$SHIP_ENV_PARTS_IN_FLIGHT`, for a network that needs more connections to be filled. */
function partsInFlight(): number {
  const text = process.env['SHIP_ENV_PARTS_IN_FLIGHT'];
  if (!text) return DEFAULT_PARTS_IN_FLIGHT;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_PARTS_IN_FLIGHT) return value;
  throw new ShipEnvError(
    'SETTINGS_INVALID',
    `SHIP_ENV_PARTS_IN_FLIGHT must be a whole number from 1 to ${MAX_PARTS_IN_FLIGHT}; it is ${JSON.stringify(text)}.`,
    { hint: `Correct it, or unset it to use ${DEFAULT_PARTS_IN_FLIGHT}.` }
  );
}

/**
 * The certificates of the file in `AWS_CA_BUNDLE`: Amazon's own tools trust them, but the SDK for JavaScript ignores
 * the variable.
 */
async function certificateAuthorities(): Promise<string[] | undefined> {
  const path = process.env['AWS_CA_BUNDLE'];
  if (!path) return undefined;
  try {
    return [...rootCertificates, (await readBounded(path, FILE_KINDS.certificates)).toString('utf8')];
  } catch (cause) {
    throw new ShipEnvError(
      'SETTINGS_INVALID',
      `The file of certificates that AWS_CA_BUNDLE names cannot be read: ${path}.`,
      {
        hint: 'Correct or unset AWS_CA_BUNDLE where JupyterLab is started.',
        cause
      }
    );
  }
}
