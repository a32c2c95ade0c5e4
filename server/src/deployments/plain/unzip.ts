import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Entry, Options, ZipFile } from 'yauzl';
import { unpackedMode } from '../../system/files/modes.js';

/**
 * Writes the entries of a code archive below a folder. The execute bit comes from the archive, the rest of the mode
 * from the umask. Links and the setuid bit are ignored (ship_env_code.py does the same on executors).
 *
 * @throws yauzl's error when the file is no zip, and for an entry whose name leads out of the folder
 */
export async function unzip(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  const zip = await opened(archive);
  try {
    for await (const entry of entriesOf(zip)) {
      signal.throwIfAborted();
      const path = join(folder, entry.fileName);
      if (entry.fileName.endsWith('/')) {
        await mkdir(path, { recursive: true });
        continue;
      }
      await mkdir(dirname(path), { recursive: true });
      const mode = unpackedMode(entry.externalFileAttributes >>> 16);
      const open: OpenContent = (of, done) => zip.openReadStream(of, done);
      const content = await promisify(open)(entry);
      await pipeline(content, createWriteStream(path, { flags: 'wx', mode }), { signal });
    }
  } finally {
    zip.close();
  }
}

type OpenContent = (entry: Entry, done: (error: Error | null, content: Readable) => void) => void;
type OpenZip = (path: string, options: Options, done: (error: Error | null, zip: ZipFile) => void) => void;

async function opened(archive: string): Promise<ZipFile> {
  const { open } = (await import('yauzl')).default;
  return promisify(open as OpenZip)(archive, { lazyEntries: true, autoClose: false });
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry, void, void> {
  const ended = new AbortController();
  zip.once('end', () => ended.abort());
  try {
    for (;;) {
      const next = once(zip, 'entry', { signal: ended.signal });
      zip.readEntry();
      const [entry] = (await next) as [Entry];
      yield entry;
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  }
}
