import { newMd5 } from '../md5.js';
import { s3CodeOf, statusOf } from '../failures/answer.js';

/**
 * HTTP statuses that mean that the store cannot copy, so that later ships need not ask again. A 403 is not among them:
 * other credentials may be allowed to copy.
 */
const CANNOT_COPY = [400, 405, 501];

/** The store refused to copy parts of other objects. The object can still be sent. */
export class CopyRefused extends Error {
  override readonly name = 'CopyRefused';
  /** Would the store refuse the next copy, too? */
  readonly isLasting: boolean;

  constructor(reason: string, options: { isLasting: boolean; cause?: unknown }) {
    super(reason, { cause: options.cause });
    this.isLasting = options.isLasting;
  }

  /** Makes the error from the store's answer to a copy; undefined when the store did not answer. */
  static of(error: unknown): CopyRefused | undefined {
    const status = statusOf(error);
    if (status === undefined) return undefined;
    const answer = `${s3CodeOf(error) ?? 'no code'}, HTTP ${status}`;
    const isLasting = CANNOT_COPY.includes(status);
    const reason = isLasting
      ? `the store does not copy ranges of objects (${answer})`
      : status === 403
        ? `these credentials may not copy objects there (${answer})`
        : status >= 500
          ? `the store failed to copy (${answer})`
          : `an artifact to copy from changed or went away meanwhile (${answer})`;
    return new CopyRefused(reason, { isLasting, cause: error });
  }
}

/** An ETag without its quotes. */
export function bareEtag(etag: string | undefined): string | undefined {
  return etag?.replaceAll('"', '');
}

/**
 * The ETag of an object in parts, on stores whose ETags are digests: the md5 of the concatenated md5 of the parts, and
 * the number of parts. Amazon documents only that the ETag is not the md5 of the whole; its stores and compatible ones
 * use this form.
 */
export function compositeEtag(md5s: readonly string[]): string | undefined {
  const joined = newMd5()
    ?.update(Buffer.from(md5s.join(''), 'hex'))
    .digest('hex');
  return joined && `${joined}-${md5s.length}`;
}
