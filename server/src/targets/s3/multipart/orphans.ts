import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListMultipartUploadsCommandOutput
} from '@aws-sdk/client-s3';
import type { S3Store } from '../store/store.js';

/** An upload to which nothing was added for so long was left: who began it was killed. */
const STALE_MS = 24 * 60 * 60 * 1000;
/** Between the date that a store gives an upload that has just begun and the date of its next answer. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const TIDY_MS = 5000;
/** What ship-env uploads in parts: files named by their content. */
const CONTENT_NAMED = /-[0-9a-f]{8,}\.[a-z][a-z.]*$/u;

/** Ids of the uploads of this process that are under way. */
export const LIVING_UPLOADS = new Set<string>();

/** An open upload, as a list tells it. */
interface OpenUpload {
  readonly Key: string;
  readonly UploadId: string;
  /** When it began. */
  readonly Initiated: Date;
}

/**
 * Removes what killed ships left unfinished on the target for a day or longer: a store keeps such parts for ever, and
 * bills them. Best effort: a store that cannot list uploads, or credentials that may not, stop no ship.
 *
 * The store's clock alone decides, never this machine's: the `Date` of its answer against the dates that it keeps. An
 * upload of ours that has just begun shows whether these dates can be believed; where they cannot, nothing is removed.
 * An upload is left alone when it is one of this process, or when any part of it is young: a ship from a slow network
 * may take days.
 *
 * @param ownId - of an upload that has just begun
 */
export async function removeOrphanedUploads(store: S3Store, ownId: string): Promise<void> {
  if (!store.has('datesUploads')) return;
  const abortSignal = AbortSignal.timeout(TIDY_MS);
  try {
    const { uploads, now } = await openUploads(store, abortSignal);
    const own = uploads.find(({ UploadId }) => UploadId === ownId);
    // A list may lag behind, and then tells nothing of the clock.
    if (own === undefined) return;
    if (!(Math.abs(now - own.Initiated.getTime()) <= MAX_SKEW_MS)) {
      store.features.lacks('datesUploads', 'it dates an upload that has just begun with another time than its answers');
      return;
    }
    for (const upload of uploads) {
      if (LIVING_UPLOADS.has(upload.UploadId) || !isOurs(store, upload) || !isStale(upload.Initiated, now)) continue;
      if (await hasYoungPart(store, upload, now, abortSignal)) continue;
      await store.client.send(new AbortMultipartUploadCommand(requestOf(store, upload)), { abortSignal });
    }
  } catch {
    // Tidying up is a courtesy; what matters to the ship shows in its own requests.
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
  // False for a date that is none.
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
