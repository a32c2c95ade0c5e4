import { rootCertificates } from 'node:tls';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ShipEnvError } from '../../../errors.js';
import { FILE_KINDS, readBounded } from '../../../system/files/read.js';
import { statusOf } from '../failures/answer.js';
import { noS3Store, s3Error } from '../failures/errors.js';
import { FEATURES, featuresOf, type FeatureName, type StoreFeatures } from './features.js';
import type { S3Settings } from '../settings.js';
import { keepClockUntilRefused, signByChecksum } from './signing.js';

/** How patient a connection is. */
export interface Patience {
  readonly connectMs: number;
  /** Without a byte in either direction. A store may think a while before it has put the parts of an upload together. */
  readonly idleMs: number;
  readonly attempts: number;
}

/** A connection to one bucket, with the errors of the SDK turned into ours. */
export class S3Store {
  readonly client: S3Client;
  readonly settings: S3Settings;
  /** What was found out about the store, by this and all other connections. */
  readonly features: StoreFeatures;
  /** Names of what was read back, since nothing that the store said of it showed that it had arrived. */
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
  static async connect(settings: S3Settings, patience: Patience): Promise<S3Store> {
    const { endpoint, region, pathStyle, profile } = settings;
    const ca = await certificateAuthorities();
    // The SDK of this bundle runs on Node.js 20; which one comes after it is not the person's concern.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const client = new S3Client({
      ...(profile !== undefined && { profile }),
      ...(endpoint !== undefined && { endpoint }),
      region: region ?? 'us-east-1',
      // Without a region set, Amazon's answer names the right one.
      followRegionRedirects: endpoint === undefined,
      forcePathStyle: pathStyle,
      maxAttempts: patience.attempts,
      // We send SHA-256 ourselves where it counts; some stores fail on the checksums that newer SDKs add everywhere.
      requestChecksumCalculation: settings.checksums.request ?? 'WHEN_REQUIRED',
      responseChecksumValidation: settings.checksums.response ?? 'WHEN_REQUIRED',
      // With it the SDK opens a new connection for each part.
      expectContinueHeader: false,
      requestHandler: {
        connectionTimeout: patience.connectMs,
        socketTimeout: patience.idleMs,
        httpAgent: { keepAlive: true },
        httpsAgent: { keepAlive: true, ...(ca && { ca }) }
      }
    });
    signByChecksum(client);
    keepClockUntilRefused(client);
    return new S3Store(client, settings);
  }

  /** Is this feature to be used: does the store have it, as far as is known, and do the AWS settings allow it? */
  has(name: FeatureName): boolean {
    return !this.settings.declined.includes(name) && this.features.has(name);
  }

  /**
   * What the store lacks, or the AWS settings forbid, of what would vouch for what it is sent, and what was read back
   * therefore: sentences for the person.
   */
  remarks(): string[] {
    const lacking = keysOf(FEATURES).flatMap(name => {
      const { without } = FEATURES[name];
      const reason = this.settings.declined.includes(name) ? 'the AWS settings forbid it' : this.features.whyNot(name);
      return without === undefined || reason === undefined
        ? []
        : [`The store is used with less: ${without} (${reason}).`];
    });
    const names = [...this.readBack].sort().join(', ');
    return names === ''
      ? lacking
      : [...lacking, `The store did not verify what arrived; it was read back, and is as it was sent: ${names}.`];
  }

  /** The key of an object of that name. */
  key(name: string): string {
    return this.settings.keyPrefix + name;
  }

  /** What every request about one object begins with. */
  object(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: this.key(name) };
  }

  /**
   * Runs requests; what fails becomes a ShipEnvError, an abort rejects with the signal's reason.
   *
   * @param doing - for the message: `Writing env-1.pex to`
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
   * A HEAD request is answered 404 for a missing object and for a missing bucket alike. Asks once which it is.
   *
   * @throws what says that the bucket is missing
   */
  async assertBucket(signal?: AbortSignal): Promise<void> {
    if (this.#bucketSeen) return;
    const error = await this.ask(signal);
    // Who may not list the bucket may still use it.
    if (error !== undefined && statusOf(error) !== 403) throw error;
    this.#bucketSeen = true;
  }

  /**
   * A web server or a proxy may answer 200 with a page of its own. To the SDK that is an answer in which nothing stands.
   *
   * @param named - what S3 stores name in such an answer; one of it is enough
   * @throws ShipEnvError TARGET_FAILED
   */
  assertS3(...named: readonly unknown[]): void {
    if (named.every(value => value === undefined)) throw noS3Store(this.settings);
  }

  /**
   * Asks something harmless. A HEAD request is answered without a body, so that its 400 and 403 do not say why.
   *
   * @returns what the SDK throws, undefined when all is well
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

/** With the one that is being read, one more is in memory. */
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
    `SHIP_ENV_PARTS_IN_FLIGHT was expected to be a whole number from 1 to ${MAX_PARTS_IN_FLIGHT}; it is ${JSON.stringify(text)}.`,
    { hint: `Correct it, or unset it for ${DEFAULT_PARTS_IN_FLIGHT}.` }
  );
}

/** Amazon's own tools trust the file in `AWS_CA_BUNDLE`; their SDK for JavaScript does not look. */
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
