import { createHash } from 'node:crypto';
import prettyBytes from 'pretty-bytes';
import type { Cache } from '../../system/cache/cache.js';
import type { CodeArchive } from '../../contract/manifest.js';
import type { Editable, Finding } from '../../contract/snapshot.js';
import { ShipEnvError } from '../../errors.js';
import { orLeaveBehind } from '../../system/files/leave-behind.js';
import { looksSecret } from '../../system/files/secrets/secrets.js';
import type { Payload } from '../../payloads/payload.js';
import { zipInCache } from './cached-zip.js';
import type { CodeFile, Skipped } from './files.js';
import { FileChanged, FileHashes, type OnBytes } from './hashes.js';
import { importNames } from './importable.js';
import { listShippedFiles, type Listing } from './listing.js';
import { metadataEntries } from './metadata.js';
import { refuseSecrets } from './secrets.js';
import { bytesOf, isLargeCode, sizeFindings } from './size.js';
import { ZIP_ENCODING, type ArchiveEntry } from './zip.js';

export interface ArchiveOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** File names, or paths relative to the project, of files that look like secrets and may ship anyway. */
  readonly allowSecrets: readonly string[];
  /** Called with the bytes that are done, and all bytes. Each file counts twice: when it is hashed and when it is packed. */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined;
}

export interface ArchiveProgress {
  readonly done: number;
  readonly total: number;
  /** What is being packed. It mentions the size of large code, because packing may take a minute. */
  readonly detail: string;
}

/** A code archive in the cache, ready to go to a target. */
export interface ArchivedEditable {
  readonly archive: CodeArchive;
  readonly payload: Payload;
  readonly findings: Finding[];
  /** Whether the archive was in the cache already. */
  readonly reused: boolean;
  /** Files that did not ship, and why, for the person. */
  readonly skipped: readonly Skipped[];
}

/** Attempts to read a tree whose files change meanwhile. A person rarely saves a file at the moment it is read. */
const MAX_ATTEMPTS = 5;

/**
 * The code archive of an editable: a reproducible zip of its importable tree ({@link listShippedFiles}), with the name
 * `<package>-<16 hex digits of a content hash>.zip`. The same files give the same bytes on any machine with the same zlib.
 * Python can import from the zip itself (zipimport, importlib.resources, importlib.metadata).
 *
 * A tree whose files look unchanged is neither read nor zipped again. A zip that was damaged in the cache is written again.
 *
 * @throws ShipEnvError EDITABLE_MISSING, CODE_UNREADABLE (also when files keep changing), CODE_SECRET_FOUND, DISK_FULL;
 *   the signal's reason when aborted. After an error no temporary files remain.
 */
export async function archiveEditable(editable: Editable, options: ArchiveOptions): Promise<ArchivedEditable> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await orLeaveBehind(options.signal, () => archiveOnce(editable, options));
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error;
      if (attempt < MAX_ATTEMPTS) continue;
      throw new ShipEnvError(
        'CODE_UNREADABLE',
        `The code of ${editable.name} should ship, but ${error.path} keeps changing.`,
        {
          hint: 'Stop what writes to it, or leave it out with a line in .shipignore.',
          cause: error
        }
      );
    }
  }
}

async function archiveOnce(editable: Editable, options: ArchiveOptions): Promise<ArchivedEditable> {
  const { cache, signal } = options;
  const listing = await listShippedFiles(editable, { signal });
  const onBytes = progressOf(editable.name, listing.files, options);
  const entries = await readEntries(editable, listing, options, onBytes);
  const fileName = `${editable.normalizedName.replaceAll('-', '_')}-${contentHash(entries)}.zip`;
  const { facts, reused, open } = await zipInCache(fileName, entries, { cache, signal, onBytes });
  const modules = importNames(listing.files.map(file => file.archivePath));
  return {
    archive: { name: editable.name, fileName, ...facts, modules },
    payload: { name: fileName, ...facts, open },
    findings: [...listing.findings, ...sizeFindings(editable.name, listing.files)],
    reused,
    skipped: listing.skipped
  };
}

/** Adds up the bytes and reports them. */
function progressOf(name: string, files: readonly CodeFile[], { onProgress }: ArchiveOptions): OnBytes {
  const bytes = bytesOf(files);
  const detail = `code of ${name}${isLargeCode(bytes) ? `: ${prettyBytes(bytes)}, all of which ship again after every change` : ''}`;
  let done = 0;
  onProgress?.({ done, total: 2 * bytes, detail });
  return more => {
    done += more;
    onProgress?.({ done, total: 2 * bytes, detail });
  };
}

async function readEntries(
  editable: Editable,
  listing: Listing,
  { cache, signal, allowSecrets }: ArchiveOptions,
  onBytes: OnBytes
): Promise<ArchiveEntry[]> {
  const hashes = await FileHashes.open(cache, JSON.stringify([editable.projectDirectory, editable.roots]));
  const contents = await hashes.contents(listing.files, signal, onBytes);
  const entries: ArchiveEntry[] = [];
  const suspects = [];
  for (const [index, file] of listing.files.entries()) {
    const content = contents[index];
    if (content === undefined) throw new RangeError(`no content for ${file.archivePath}`);
    // A link is judged by its own name and by the name of its target.
    const paths = [file.archivePath, file.displayPath, file.sourcePath];
    if (looksSecret(paths, content.marks)) suspects.push(file);
    entries.push({ archivePath: file.archivePath, file, sha256: content.sha256 });
  }
  refuseSecrets(editable.name, suspects, allowSecrets);
  return [...entries, ...metadataEntries(editable)];
}

function contentHash(entries: readonly ArchiveEntry[]): string {
  const hash = createHash('sha256').update(`${ZIP_ENCODING}\n`);
  for (const entry of entries) {
    const isFile = 'file' in entry;
    const sha256 = isFile ? entry.sha256 : createHash('sha256').update(entry.content).digest('hex');
    // No path contains a NUL.
    hash.update(`${entry.archivePath}\0${sha256}\0${isFile && entry.file.executable ? 'x' : '-'}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
