import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsCommandOutput,
  type _Object
} from '@aws-sdk/client-s3';
import { withOptional } from '../store/optional.js';
import type { S3Store } from '../store/store.js';

/** One page of a list, and where the next page begins. */
interface Page {
  readonly objects: readonly _Object[];
  readonly next: { token?: string | undefined; after?: string | undefined } | undefined;
}

/**
 * All objects directly below the prefix. Uses ListObjectsV2, or ListObjects when the store does not know V2 or does not
 * say where the next page begins.
 */
export async function* listObjects(store: S3Store, signal: AbortSignal): AsyncGenerator<_Object> {
  let at: Page['next'] = {};
  while (at !== undefined) {
    const { token, after }: NonNullable<Page['next']> = at;
    const page: Page = await store.attempt(
      'Listing',
      () => {
        if (token !== undefined) return pageV2(store, token, signal);
        if (after !== undefined) return pageV1(store, after, signal);
        return withOptional(store, ['listsV2'], uses =>
          uses('listsV2') ? pageV2(store, undefined, signal) : pageV1(store, undefined, signal)
        );
      },
      signal
    );
    yield* page.objects;
    at = page.next;
  }
}

async function pageV2(store: S3Store, token: string | undefined, abortSignal: AbortSignal): Promise<Page> {
  const command = new ListObjectsV2Command({ ...below(store), ContinuationToken: token });
  const page = await store.client.send(command, { abortSignal });
  assertList(store, page);
  const { Contents: objects = [], IsTruncated, NextContinuationToken } = page;
  if (IsTruncated !== true) return { objects, next: undefined };
  if (NextContinuationToken !== undefined) return { objects, next: { token: NextContinuationToken } };
  // An old store answers a V2 request like one of the first version.
  store.features.lacks('listsV2', 'it does not say how its list goes on');
  return { objects, next: nextV1(objects, undefined) };
}

async function pageV1(store: S3Store, after: string | undefined, abortSignal: AbortSignal): Promise<Page> {
  const page = await store.client.send(new ListObjectsCommand({ ...below(store), Marker: after }), { abortSignal });
  assertList(store, page);
  const { Contents: objects = [], IsTruncated, NextMarker } = page;
  return { objects, next: IsTruncated === true ? nextV1(objects, NextMarker) : undefined };
}

/** Throws when the answer is not a list, which would otherwise count as an empty one. */
function assertList(store: S3Store, { Name, IsTruncated, MaxKeys, Contents }: ListObjectsCommandOutput): void {
  store.assertS3(Name, IsTruncated, MaxKeys, Contents);
}

/** When the store gives no marker, the next page begins after the last key. */
function nextV1(objects: readonly _Object[], marker: string | undefined): Page['next'] {
  const after = marker ?? objects.at(-1)?.Key;
  return after === undefined ? undefined : { after };
}

function below({ settings }: S3Store): { Bucket: string; Prefix: string; Delimiter: string } {
  return { Bucket: settings.bucket, Prefix: settings.keyPrefix, Delimiter: '/' };
}
