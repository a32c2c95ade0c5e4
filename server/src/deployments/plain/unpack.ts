import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { hasCode } from '../../errors.js';
import { statEach } from '../../system/files/stat-files.js';
import type { PayloadFacts } from '../../payloads/payload.js';
import { folderInCache } from '../../system/cache/folders.js';
import { entriesBelow } from '../../system/files/below.js';
import { isNothing } from '../../system/files/nothing.js';
import { notUnpackedError } from '../../targets/object-errors.js';
import { parseJson } from '../../text/json.js';
import { download, type ReadableTarget } from './download.js';
import type { FetchContext } from './fetch.js';
import { SETTLING_MS, identityOf } from './file-identity.js';

/** In the folder of an archive: the folder of the unpacked files, and the note with the identity of each file. */
const CONTENT = 'content';
const NOTE = 'files.json';

const unpackedFiles = z.record(z.string(), z.string());

/** Unpacks an archive into an empty folder. */
export type Extract = (archive: string, folder: string, signal: AbortSignal) => Promise<void>;

/**
 * Returns an archive of a target, unpacked in the cache. It is fetched and verified when the cache lacks it, or when
 * one of its files was changed or removed. Files that were added later, such as compiled modules, do not matter.
 *
 * @returns path of the folder with the unpacked files
 * @throws as `download`; ShipEnvError TARGET_CONFLICT when the archive cannot be unpacked, CACHE_UNUSABLE, DISK_FULL
 */
export async function fetchUnpacked(
  target: ReadableTarget,
  wanted: PayloadFacts,
  extract: Extract,
  context: FetchContext
): Promise<string> {
  const { cache } = context;
  const folder = await folderInCache(cache, 'unpacked', wanted.sha256, {
    signal: context.signal,
    isWhole: kept => isWhole(kept, context.signal),
    async fill(temporary, signal) {
      const content = join(temporary, CONTENT);
      await mkdir(content);
      await cache.withTemporary(async archive => {
        await download(target, wanted, archive, { ...context, signal });
        await extract(archive, content, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          throw isOfTheDisk(error) ? error : notUnpackedError(target.url, wanted.name, error);
        });
      });
      // An edit after this wait gives another identity.
      await setTimeout(SETTLING_MS, undefined, { signal });
      const { files, bytes } = await look(content, signal);
      await writeFile(join(temporary, NOTE), JSON.stringify(files satisfies z.infer<typeof unpackedFiles>));
      return bytes;
    }
  });
  return join(folder, CONTENT);
}

/** Two entries of one path are a fault of the archive. Any other error of a system call is not. */
function isOfTheDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && !hasCode(error, 'EEXIST', 'ENOTDIR', 'EISDIR');
}

async function isWhole(folder: string, signal: AbortSignal): Promise<boolean> {
  const text = await readFile(join(folder, NOTE), 'utf8').catch((error: unknown) => {
    if (isNothing(error)) return '';
    throw error;
  });
  const files = unpackedFiles.safeParse(parseJson(text)).data;
  if (files === undefined) return false;
  const paths = Object.keys(files).map(name => join(folder, CONTENT, name));
  const identities = Object.values(files);
  return statEach(
    paths,
    signal,
    (stats, _target, index) => stats !== undefined && identityOf(stats) === identities[index]
  );
}

async function look(folder: string, signal: AbortSignal): Promise<{ files: Record<string, string>; bytes: number }> {
  const names: string[] = [];
  for await (const name of entriesBelow(folder)) names.push(name);
  const files = new Map<string, string>();
  let bytes = 0;
  await statEach(
    names.map(name => join(folder, name)),
    signal,
    (stats, _target, index) => {
      files.set(names[index] ?? '', stats === undefined ? '' : identityOf(stats));
      bytes += stats?.size ?? 0;
      return true;
    }
  );
  return { files: Object.fromEntries(files), bytes };
}
