import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Readable, Transform, pipeline as pipe } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ZipArchive } from 'archiver';
import { byCodeUnit, type CodeFile } from './files.js';
import { FileChanged, readUnchanged, type OnBytes } from './hashes.js';

/** What goes into an archive besides the folders, which follow from the paths. */
export type ArchiveEntry =
  | { readonly archivePath: string; readonly file: CodeFile; readonly sha256: string }
  | { readonly archivePath: string; readonly content: string };

/** The first moment that a zip can name (its clock starts in 1980), in UTC: no entry tells when or where it was made. */
const FIXED_DATE = new Date('1980-01-01T00:00:00Z');
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
/** Up to this size a file is handed over whole, which spares archiver a stream each. */
const MAX_WHOLE_BYTES = 1024 * 1024;

/**
 * What the bytes of a zip depend on besides its entries: deflate gives other bytes in another zlib. Part of the name,
 * so that a name never stands for two contents.
 */
export const ZIP_ENCODING = `zip 1, zlib ${process.versions.zlib}, ${process.arch}`;

/**
 * Writes a reproducible zip: entries sorted, dates and modes fixed but for the execute bit. Each folder has an entry of
 * its own, since zipimport before Python 3.13 finds a namespace package (PEP 420) only by that.
 *
 * Files are read one at a time, and must still have the content that was hashed.
 *
 * @param path - created; must not exist
 * @param onBytes - told of the bytes of files that go in
 * @throws FileChanged; ShipEnvError CODE_UNREADABLE; what writing throws; the signal's reason
 */
export async function writeZip(
  path: string,
  entries: readonly ArchiveEntry[],
  signal: AbortSignal,
  onBytes: OnBytes = () => undefined
): Promise<void> {
  signal.throwIfAborted();
  // Here, since a tree that did not change is not zipped again.
  const archiver = await import('archiver');
  const archive = new archiver.ZipArchive({ zlib: { level: 6 } });
  const failure = new AbortController();
  // Of the two halves, which tear each other down, the one that fails first knows why.
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
  for (const entry of [...folders, ...entries].sort((a, b) => byCodeUnit(a.archivePath, b.archivePath))) {
    // One at a time: archiver would open every stream that it is given at once.
    const taken = once(archive, 'entry', { signal: stop });
    // It may fail before it is awaited below, and then is no stray rejection.
    taken.catch(() => undefined);
    const source = await append(archive, entry, stop, onBytes);
    try {
      await taken;
    } finally {
      source?.destroy();
    }
  }
  // What goes wrong from here on also reaches the pipeline, as the archive's error event.
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
  // archiver pipes this on and does not notice when it fails.
  const checked = pipe(Readable.from(chunks), expecting(entry.sha256, entry.file.sourcePath), error => {
    if (error) archive.destroy(error);
  });
  archive.append(checked, data);
  return checked;
}

/** Passes bytes through and fails at their end when they are not the expected ones. */
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
