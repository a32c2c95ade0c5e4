import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Readable, Transform, pipeline as pipe } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ZipArchive } from 'archiver';
import { compareText } from '../../text/compare.js';
import type { CodeFile } from './files.js';
import { FileChanged, readUnchanged, type OnBytes } from './hashes.js';

/** An entry of an archive. Entries of folders follow from the paths. */
export type ArchiveEntry =
  | { readonly archivePath: string; readonly file: CodeFile; readonly sha256: string }
  | { readonly archivePath: string; readonly content: string };

/** The earliest date of a zip entry, in UTC. With a fixed date, entries do not depend on when or where they were made. */
const FIXED_DATE = new Date('1980-01-01T00:00:00Z');
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
/** A file up to this size is given to archiver as a whole, which saves a stream for each. */
const MAX_WHOLE_BYTES = 1024 * 1024;

/**
 * What the bytes of a zip depend on besides its entries: another zlib compresses to other bytes. It is hashed into the name of
 * the zip, so that a name never stands for two contents.
 */
export const ZIP_ENCODING = `zip 1, zlib ${process.versions.zlib}, ${process.arch}`;

/**
 * Writes a reproducible zip: entries are sorted, dates and modes are fixed except for the execute bit. Each folder has its own
 * entry, because zipimport before Python 3.13 needs it to find a namespace package (PEP 420).
 *
 * Files are read one at a time, and must still have the content that was hashed.
 *
 * @param path - the file to create; it must not exist
 * @param onBytes - called for the bytes of files that are added
 * @throws FileChanged; ShipEnvError CODE_UNREADABLE; what writing throws; the signal's reason
 */
export async function writeZip(
  path: string,
  entries: readonly ArchiveEntry[],
  signal: AbortSignal,
  onBytes: OnBytes = () => undefined
): Promise<void> {
  signal.throwIfAborted();
  // Loaded on demand, because an unchanged tree is not zipped again.
  const archiver = await import('archiver');
  const archive = new archiver.ZipArchive({ zlib: { level: 6 } });
  const failure = new AbortController();
  // When one half fails, the other fails too. The first error is the real one.
  const fail = (error: unknown): void => {
    failure.abort(error);
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  const stop = AbortSignal.any([signal, failure.signal]);
  await Promise.all([
    pipeline(archive, createWriteStream(path, { flags: 'wx' }), { signal }).catch(fail),
    feed(archive, entries, stop, onBytes).catch(fail)
  ]);
  signal.throwIfAborted();
  failure.signal.throwIfAborted();
}

async function feed(
  archive: ZipArchive,
  entries: readonly ArchiveEntry[],
  stop: AbortSignal,
  onBytes: OnBytes
): Promise<void> {
  const folders = foldersOf(entries).map(archivePath => ({ archivePath, content: undefined }));
  for (const entry of [...folders, ...entries].sort((a, b) => compareText(a.archivePath, b.archivePath))) {
    // One entry at a time, because archiver would open all streams at once.
    const taken = once(archive, 'entry', { signal: stop });
    // The promise may reject before it is awaited below; that must not be an unhandled rejection.
    taken.catch(() => undefined);
    const source = await append(archive, entry, stop, onBytes);
    try {
      await taken;
    } finally {
      source?.destroy();
    }
  }
  // Errors from here on also reach the pipeline, as error events of the archive.
  archive.finalize().catch(() => undefined);
}

async function append(
  archive: ZipArchive,
  entry: ArchiveEntry | { archivePath: string; content: undefined },
  stop: AbortSignal,
  onBytes: OnBytes
): Promise<Readable | undefined> {
  const common = { name: entry.archivePath, date: FIXED_DATE };
  if (!('file' in entry)) {
    const mode = entry.content === undefined ? FOLDER_MODE : FILE_MODE;
    archive.append(Buffer.from(entry.content ?? ''), { ...common, mode });
    return undefined;
  }
  const data = { ...common, mode: entry.file.executable ? EXECUTABLE_MODE : FILE_MODE };
  const chunks = readUnchanged(entry.file, stop, onBytes);
  if (entry.file.identity.size <= MAX_WHOLE_BYTES) {
    const whole: Buffer[] = [];
    for await (const chunk of chunks) whole.push(chunk);
    const content = Buffer.concat(whole);
    if (sha256(content) !== entry.sha256) throw new FileChanged(entry.file.sourcePath);
    archive.append(content, data);
    return undefined;
  }
  // archiver does not notice when a stream fails that it was given.
  const checked = pipe(Readable.from(chunks), expecting(entry.sha256, entry.file.sourcePath), error => {
    if (error) archive.destroy(error);
  });
  archive.append(checked, data);
  return checked;
}

/** Passes bytes through, and fails at the end when their sha256 is not the expected one. */
function expecting(expected: string, path: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(hash.digest('hex') === expected ? null : new FileChanged(path));
    }
  });
}

function foldersOf(entries: readonly ArchiveEntry[]): string[] {
  const folders = new Set<string>();
  for (const { archivePath } of entries) {
    for (let slash = archivePath.indexOf('/'); slash !== -1; slash = archivePath.indexOf('/', slash + 1)) {
      folders.add(archivePath.slice(0, slash + 1));
    }
  }
  return [...folders];
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
