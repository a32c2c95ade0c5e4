import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListMultipartUploadsCommandOutput
} from '@aws-sdk/client-s3';
import type { S3Store } from '../store/store.js';

/** An upload that got no part for this long was left by a killed process. */
const STALE_MS = 24 * 60 * 60 * 1000;
/** How far the date of an upload that has just begun may differ from the date of the store's next answer. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const TIDY_MS = 5000;
/** Names of the files that ship-env uploads in parts: files named by their content. */
const CONTENT_NAMED = /-[0-9a-f]{8,}\.[a-z][a-z.]*$/u;

/** Ids of the uploads of this process that are under way. */
export const LIVING_UPLOADS = new Set<string>();

/** An open upload in the store's list. */
interface OpenUpload {
  readonly Key: string;
  readonly UploadId: string;
  /** When the upload began. */
  readonly Initiated: Date;
}

/**
 * Removes uploads that killed ships left unfinished for a day or longer: a store keeps such parts for ever, and bills
 * them. Best effort: a ship goes on when the store cannot list uploads or the credentials may not.
 *
 * Only the store's clock decides, never this machine's: the `Date` of the store's answer is compared with the dates of
 * the uploads. Our own upload, just begun, shows whether these dates are right; when they are wrong, nothing is
 * removed. An upload stays when this process owns it, or when any part of it is young: a ship over a slow network may
 * take days.
 *
 * @param ownId - id of our upload that has just begun
 */
export async function removeOrphanedUploads(store: S3Store, ownId: string): Promise<void> {
  if (!store.has('datesUploads')) return;
  const abortSignal = AbortSignal.timeout(TIDY_MS);
  try {
    const { uploads, now } = await openUploads(store, abortSignal);
    const own = uploads.find(({ UploadId }) => UploadId === ownId);
    // The store's list may lag behind. Then it tells nothing about the clock.
    if (own === undefined) return;
    if (!(Math.abs(now - own.Initiated.getTime()) <= MAX_SKEW_MS)) {
      store.features.lacks('datesUploads', 'it gives an upload that has just begun another date than its answers');
      return;
    }
    for (const upload of uploads) {
      if (LIVING_UPLOADS.has(upload.UploadId) || !isOurs(store, upload) || !isStale(upload.Initiated, now)) continue;
      if (await hasYoungPart(store, upload, now, abortSignal)) continue;
      await store.client.send(new AbortMultipartUploadCommand(requestOf(store, upload)), { abortSignal });
    }
  } catch {
    // The ship does not depend on this clean-up; its own requests report real problems.
  }
}

/** All uploads below the prefix, and the store's time when it answered, in milliseconds. */
async function openUploads(store: S3Store, abortSignal: AbortSignal): Promise<{ uploads: OpenUpload[]; now: number }> {
  const { bucket: Bucket, keyPrefix: Prefix } = store.settings;
  const uploads: OpenUpload[] = [];
  let now = Number.NaN;
  let [KeyMarker, UploadIdMarker]: (string | undefined)[] = [];
  let isTruncated = true;
  while (isTruncated) {
    const command = new ListMultipartUploadsCommand({ Bucket, Prefix, Delimiter: '/', KeyMarker, UploadIdMarker });
    command.middlewareStack.add(
      next => async args => {
        const result = await next(args);
        now = dateOf(result.response);
        return result;
      },
      { step: 'deserialize', name: 'dateOfAnswer', priority: 'low' }
    );
    const page: ListMultipartUploadsCommandOutput = await store.client.send(command, { abortSignal });
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined && Initiated !== undefined)
        uploads.push({ Key, UploadId, Initiated });
    }
    const { NextKeyMarker, NextUploadIdMarker } = page;
    isTruncated = page.IsTruncated === true && (NextKeyMarker !== KeyMarker || NextUploadIdMarker !== UploadIdMarker);
    [KeyMarker, UploadIdMarker] = [NextKeyMarker, NextUploadIdMarker];
  }
  return { uploads, now };
}

/** The `Date` header of an answer, in milliseconds; NaN when it has none. */
function dateOf(response: unknown): number {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return Number.NaN;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return Number.NaN;
  return Date.parse(String(headers.date));
}

function isOurs({ settings }: S3Store, { Key }: OpenUpload): boolean {
  return CONTENT_NAMED.test(Key) && !Key.slice(settings.keyPrefix.length).includes('/');
}

function isStale(date: Date, now: number): boolean {
  // The comparison is false for an invalid date.
  return now - date.getTime() > STALE_MS;
}

async function hasYoungPart(
  store: S3Store,
  upload: OpenUpload,
  now: number,
  abortSignal: AbortSignal
): Promise<boolean> {
  let PartNumberMarker: string | undefined;
  do {
    const command = new ListPartsCommand({ ...requestOf(store, upload), PartNumberMarker });
    const page = await store.client.send(command, { abortSignal });
    for (const { LastModified } of page.Parts ?? []) {
      if (LastModified === undefined || !isStale(LastModified, now)) return true;
    }
    PartNumberMarker =
      page.IsTruncated === true && page.NextPartNumberMarker !== PartNumberMarker
        ? page.NextPartNumberMarker
        : undefined;
  } while (PartNumberMarker !== undefined);
  return false;
}

function requestOf(
  { settings }: S3Store,
  { Key, UploadId }: OpenUpload
): { Bucket: string; Key: string; UploadId: string } {
  return { Bucket: settings.bucket, Key, UploadId };
}
