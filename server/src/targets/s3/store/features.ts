import type { S3Settings } from '../settings.js';

/**
 * The features in which S3 stores differ. A store counts as having each feature until a request shows that it does not;
 * later requests then leave the feature out. `without`: a sentence for the person, where a missing feature changes what
 * the store guarantees.
 */
export const FEATURES = {
  /** `If-None-Match: *` on PutObject. Without it, the name is checked before the write. */
  conditionalPut: {
    without:
      'it has no conditional writes, so two machines that ship the same files at the same moment may both write them'
  },
  /** `If-None-Match: *` on CompleteMultipartUpload. Without it, the name is checked before the request. */
  conditionalComplete: {
    without:
      'it has no conditional writes of large files, so two machines that ship the same one at the same moment may both write it'
  },
  /**
   * Takes a SHA-256 with the bytes. Without it, an ETag that is a digest proves what arrived, or the bytes are read
   * back.
   */
  checksums: { without: 'it does not take a SHA-256 with the bytes' },
  /** Compares that SHA-256 with the bytes that arrived. Without it, as for `checksums`. */
  comparesChecksums: { without: 'it does not compare the bytes that arrive with the SHA-256 that is sent with them' },
  /** Tells the SHA-256 that it keeps (HeadObject with ChecksumMode). Without it, as for `checksums`. */
  tellsChecksums: { without: 'it does not tell the SHA-256 of what it holds' },
  /** UploadPartCopy. Without it, the whole artifact is sent, and its arrival says so. */
  copies: { without: undefined },
  /** ListObjectsV2. Without it, ListObjects is used. */
  listsV2: { without: undefined },
  /** Gives uploads the right dates. Without it, no upload counts as left by a killed ship. */
  datesUploads: { without: undefined }
} as const satisfies Record<string, { without: string | undefined }>;

export type FeatureName = keyof typeof FEATURES;

/** How long a finding is valid: a store may be upgraded, or a proxy in front of it repaired. */
const KNOWN_MS = 60 * 60 * 1000;

/** What all connections of this process found out about one store. */
export class StoreFeatures {
  /** The features that the store lacks, with the reason and the time of the finding (monotonic milliseconds). */
  readonly #lacking = new Map<FeatureName, { reason: string; since: number }>();
  #comparison: { result: Promise<void>; since: number } | undefined;

  has(name: FeatureName): boolean {
    return this.whyNot(name) === undefined;
  }

  /** Why the store lacks the feature; undefined when it has the feature, as far as is known. */
  whyNot(name: FeatureName): string | undefined {
    const found = this.#lacking.get(name);
    return found !== undefined && isFresh(found.since) ? found.reason : undefined;
  }

  /** @param reason - for the person: `the store answered HTTP 501` */
  lacks(name: FeatureName, reason: string): void {
    this.#lacking.set(name, { reason, since: performance.now() });
  }

  /** Runs the test whether the store compares checksums, once. */
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

/** The findings about a store, by endpoint and bucket, for as long as this process lives. */
export function featuresOf({ endpoint, bucket }: Pick<S3Settings, 'endpoint' | 'bucket'>): StoreFeatures {
  const place = `${endpoint ?? ''} ${bucket}`;
  const known = STORES.get(place) ?? new StoreFeatures();
  STORES.set(place, known);
  return known;
}
