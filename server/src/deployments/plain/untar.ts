import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { unpackedMode } from '../../system/files/modes.js';
import { problemOfPath } from '../../system/files/path-names.js';

/**
 * Writes the files and links of a `.tar.gz` below a folder. The execute bit comes from the archive, the rest of the
 * mode from the umask. Links are made last, so that no file is written through one.
 *
 * @throws an Error when the file is no such archive, and for an entry whose name leads out of the folder or comes twice
 */
export async function untar(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  const links = new Map<string, string>();
  const made = new Set<string>();
  const parentOf = async (path: string): Promise<void> => {
    const parent = dirname(path);
    if (made.has(parent)) return;
    await mkdir(parent, { recursive: true });
    made.add(parent);
  };
  const entries = extract();
  const unpacked = pipeline(createReadStream(archive), createGunzip(), entries, { signal });
  const written = (async () => {
    for await (const entry of entries) {
      const { name, type, mode, linkname } = entry.header;
      const problem = problemOfPath(name);
      if (problem !== undefined) throw new Error(`The archive has ${name}, whose name ${problem}.`);
      const path = join(folder, name);
      if (type === 'symlink') {
        if (links.has(path)) throw new Error(`The archive has ${name} twice.`);
        links.set(path, linkname);
        entry.resume();
      } else if (type === 'file') {
        await parentOf(path);
        await pipeline(entry, createWriteStream(path, { flags: 'wx', mode: unpackedMode(mode) }));
      } else {
        throw new Error(`The archive has ${name}, which is a ${type}.`);
      }
    }
  })();
  try {
    await Promise.all([unpacked, written]);
  } finally {
    // After an error the caller removes the folder, so nothing may be written into it any more.
    await Promise.allSettled([unpacked, written]);
  }
  for (const [path, target] of links) {
    signal.throwIfAborted();
    for (let above = dirname(path); above !== folder; above = dirname(above)) {
      if (links.has(above)) throw new Error(`The archive has ${path}, which lies behind a link.`);
    }
    await parentOf(path);
    await symlink(target, path);
  }
}
