import type { S3Settings } from '../settings.js';

/**
 * What stores that speak S3 differ in. Each begins as if the store had it, is found out by the first request that tells,
 * and decides every later request. `without`: what a ship does then, for the person, where that changes what the store
 * vouches for.
 */
export const FEATURES = {
  /** `If-None-Match: *` on PutObject. Without it a look must do before the write. */
  conditionalPut: {
    without:
      'it has no conditional writes, so two machines that ship the same files at the same moment may both write them'
  },
  /** `If-None-Match: *` on CompleteMultipartUpload. Without it as above. */
  conditionalComplete: {
    without:
      'it has no conditional writes of large files, so two machines that ship the same one at the same moment may both write it'
  },
  /** Takes the SHA-256 of what it is sent. Without it what arrived is known by an ETag that is a digest, or is read back. */
  checksums: { without: 'it takes no SHA-256 with what it is sent' },
  /** Compares that SHA-256 with what arrived. Without it as above. */
  comparesChecksums: { without: 'it does not compare what arrives with the SHA-256 that is sent along' },
  /** Tells the SHA-256 that it keeps (HeadObject with ChecksumMode). Without it as above. */
  tellsChecksums: { without: 'it does not tell the SHA-256 of what it holds' },
  /** UploadPartCopy. Without it an artifact is sent whole, which its arrival says. */
  copies: { without: undefined },
  /** ListObjectsV2. Without it ListObjects. */
  listsV2: { without: undefined },
  /** Dates uploads by a clock that can be believed. Without it no upload is taken for one that a killed ship left. */
  datesUploads: { without: undefined }
} as const satisfies Record<string, { without: string | undefined }>;

export type FeatureName = keyof typeof FEATURES;

/** How long something counts as found out: a store is upgraded, a proxy in front of it mended. */
const KNOWN_MS = 60 * 60 * 1000;

/** What was found out about one store, by all connections of this process to it. */
export class StoreFeatures {
  /** What it lacks: why, and since when (monotonic milliseconds). */
  readonly #lacking = new Map<FeatureName, { reason: string; since: number }>();
  #comparison: { result: Promise<void>; since: number } | undefined;

  has(name: FeatureName): boolean {
    return this.whyNot(name) === undefined;
  }

  /** Why the store lacks it; undefined when it has it, as far as is known. */
  whyNot(name: FeatureName): string | undefined {
    const found = this.#lacking.get(name);
    return found !== undefined && isFresh(found.since) ? found.reason : undefined;
  }

  /** @param reason - for the person, to stand behind "since": `the store answered HTTP 501` */
  lacks(name: FeatureName, reason: string): void {
    this.#lacking.set(name, { reason, since: performance.now() });
  }

  /** Runs what finds out whether checksums are compared, once. */
  findOutComparison(ask: () => Promise<void>): Promise<void> {
    if (this.#comparison === undefined || !isFresh(this.#comparison.since))
      this.#comparison = { result: ask(), since: performance.now() };
    return this.#comparison.result;
  }
}

function isFresh(since: number): boolean {
  return performance.now() - since < KNOWN_MS;
}

const STORES = new Map<string, StoreFeatures>();

/** The one table of what was found out about this store: by endpoint and bucket, for as long as this process lives. */
export function featuresOf({ endpoint, bucket }: Pick<S3Settings, 'endpoint' | 'bucket'>): StoreFeatures {
  const place = `${endpoint ?? ''} ${bucket}`;
  const known = STORES.get(place) ?? new StoreFeatures();
  STORES.set(place, known);
  return known;
}
