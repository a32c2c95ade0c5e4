import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import pLimit from 'p-limit';
import * as z from 'zod';
import type { Cache } from '../../system/cache/cache.js';
import { hasCode, isSystemError } from '../../errors.js';
import { NotRegular, openRegular } from '../../system/files/open.js';
import { piecesOf } from '../../system/files/pieces.js';
import { parseJson } from '../../text/json.js';
import type { FileIdentity, CodeFile } from './files.js';
import { unreadable } from './roots.js';
import { CONTENT_MARKS, ContentScan, type ContentMark } from '../../system/files/secrets/secrets.js';

/** What is known about a file's content. */
export interface FileContent {
  /** sha256 of the content, lower-case hex. */
  readonly sha256: string;
  readonly marks: readonly ContentMark[];
}

/** A file changed or was removed while it was read. The code that catches this lists the tree again. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged';
  readonly path: string;

  constructor(path: string) {
    super(`${path} changed while it was being read`);
    this.path = path;
  }
}

/**
 * The hash of a file that is younger than this is not stored: time stamps move in ticks (4 ms on Linux, 2 s on FAT), so a
 * second edit in the same tick could leave size and time stamps unchanged.
 */
const RACY_MS = 2_000;
const READ_CONCURRENCY = 8;

/** For each path: its {@link identityText}, the sha256, the marks. */
const indexFile = z.object({
  /** It also changes when the rules in secrets.ts or signs.ts change. */
  schema: z.literal(3),
  files: z.record(z.string(), z.tuple([z.string(), z.string(), z.array(z.enum(CONTENT_MARKS))]))
});
type IndexFile = z.infer<typeof indexFile>;

/** Called with the number of further bytes that are done. */
export type OnBytes = (bytes: number) => void;

/**
 * Content hashes of an editable's files, stored with the stats of the files, so that an unchanged tree is not read again. The
 * index is a hint: when it is lost or damaged, it is made again.
 */
export class FileHashes {
  readonly #name: string;
  readonly #cache: Cache;
  readonly #known: IndexFile['files'];
  readonly #now: () => number;

  private constructor(name: string, cache: Cache, known: IndexFile['files'], now: () => number) {
    this.#name = name;
    this.#cache = cache;
    this.#known = known;
    this.#now = now;
  }

  /**
   * @param key - names the tree; it is the same for the same editable
   * @param now - the clock, milliseconds since the epoch
   */
  static async open(cache: Cache, key: string, now: () => number = Date.now): Promise<FileHashes> {
    const name = `${createHash('sha256').update(key).digest('hex').slice(0, 32)}-code.json`;
    return new FileHashes(name, cache, await readIndex(cache, name), now);
  }

  /**
   * The content of each file, in the same order.
   *
   * @param onBytes - called for the bytes of each file, also when they need not be read
   * @throws FileChanged when a file changes while it is read; ShipEnvError CODE_UNREADABLE; the signal's reason
   */
  async contents(
    files: readonly CodeFile[],
    signal: AbortSignal,
    onBytes: OnBytes = () => undefined
  ): Promise<FileContent[]> {
    const next: IndexFile['files'] = {};
    let rehashed = 0;
    const limit = pLimit(READ_CONCURRENCY);
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const reading = Promise.all(
      files.map(async file => {
        const identity = identityText(file.identity);
        const known = this.#known[file.sourcePath];
        if (known?.[0] === identity) {
          next[file.sourcePath] = known;
          onBytes(file.identity.size);
          return { sha256: known[1], marks: known[2] };
        }
        rehashed++;
        const content = await limit(() => readContent(file, stop, onBytes));
        if (this.#isSettled(file.identity)) next[file.sourcePath] = [identity, content.sha256, [...content.marks]];
        return content;
      })
    );
    const contents = await reading.catch((error: unknown) => {
      // Stop the reads that still run.
      failed.abort();
      throw error;
    });
    if (rehashed > 0 || Object.keys(next).length !== Object.keys(this.#known).length) {
      const index: IndexFile = { schema: 3, files: next };
      await this.#cache.replace('hashes', this.#name, JSON.stringify(index));
    }
    return contents;
  }

  #isSettled({ mtimeNs, ctimeNs }: FileIdentity): boolean {
    const newest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
    return Number(newest / 1_000_000n) + RACY_MS < this.#now();
  }
}

async function readIndex(cache: Cache, name: string): Promise<IndexFile['files']> {
  const content = await cache.hint('hashes', name);
  return indexFile.safeParse(content && parseJson(content.toString('utf8'))).data?.files ?? {};
}

/** Reads a file once: computes its hash and scans it for secrets. */
async function readContent(file: CodeFile, signal: AbortSignal, onBytes: OnBytes): Promise<FileContent> {
  const hash = createHash('sha256');
  const scan = new ContentScan();
  for await (const chunk of readUnchanged(file, signal, onBytes)) {
    hash.update(chunk);
    scan.add(chunk);
  }
  return { sha256: hash.digest('hex'), marks: scan.marks() };
}

/**
 * The bytes of a file in chunks. It fails when the file is not the listed one, or changes while it is read.
 *
 * @throws FileChanged, possibly after the last chunk; ShipEnvError CODE_UNREADABLE; the signal's reason
 */
export async function* readUnchanged(
  file: CodeFile,
  signal: AbortSignal,
  onBytes: OnBytes = () => undefined
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const handle = await openRegular(file.sourcePath, { links: 'refuse' }).catch((error: unknown) => {
    // The path was a regular file when it was listed.
    throw hasCode(error, 'ENOENT', 'ENOTDIR') || error instanceof NotRegular
      ? new FileChanged(file.sourcePath)
      : unreadable(file.sourcePath, error);
  });
  try {
    const { size } = file.identity;
    for await (const piece of piecesOf(handle, { size, most: size, areKept: true, signal })) {
      onBytes(piece.length);
      yield piece;
    }
    const after = await handle.stat({ bigint: true });
    if (identityText(identityOf(after)) !== identityText(file.identity)) throw new FileChanged(file.sourcePath);
  } catch (error) {
    throw isSystemError(error) ? unreadable(file.sourcePath, error) : error;
  } finally {
    await handle.close();
  }
}

/** The identity of a file, from its stats. */
export function identityOf({ size, mtimeNs, ctimeNs, ino, dev }: BigIntStats): FileIdentity {
  return { size: Number(size), mtimeNs, ctimeNs, ino, dev };
}

function identityText({ size, mtimeNs, ctimeNs, ino, dev }: FileIdentity): string {
  return [size, mtimeNs, ctimeNs, ino, dev].join(' ');
}
