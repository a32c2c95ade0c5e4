import { newMd5 } from '../md5.js';
import { s3CodeOf, statusOf } from '../failures/answer.js';

/** Answers that say that the store cannot copy; a later ship need not ask again. Other credentials may. */
const CANNOT_COPY = [400, 405, 501];

/** Why a store could not put an object together from others; the object can still be sent. */
export class CopyRefused extends Error {
  override readonly name = 'CopyRefused';
  /** The store cannot do it: it would be refused the next time, too. */
  readonly isLasting: boolean;

  constructor(reason: string, options: { isLasting: boolean; cause?: unknown }) {
    super(reason, { cause: options.cause });
    this.isLasting = options.isLasting;
  }

  /** What an answer to a copy says; undefined when there was no answer. */
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
 * The ETag of an object in parts, where ETags are digests: the md5 of the parts' md5 in a row, and the number of parts.
 * Amazon documents only that it is no md5 of the whole; this form is what its stores and those like it give.
 */
export function compositeEtag(md5s: readonly string[]): string | undefined {
  const joined = newMd5()
    ?.update(Buffer.from(md5s.join(''), 'hex'))
    .digest('hex');
  return joined && `${joined}-${md5s.length}`;
}
