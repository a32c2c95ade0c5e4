import { realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { orNothing } from '../../system/files/nothing.js';
import { isWithin } from '../../system/files/within.js';
import { readDynamicSection, type DynamicSection } from './elf.js';

/** Libraries that every Linux node has: those of the C library and of the compiler (PEP 599, without graphics). */
const ON_EVERY_NODE =
  /^(?:ld-linux.*|ld-musl.*|linux-vdso|libc|libc\.musl-.*|libcrypt|libdl|libgcc_s|libm|libnsl|libpthread|libresolv|librt|libstdc\+\+|libutil)\.so(?:\.\d+)*$/;

/** A file that is loaded into the process of the interpreter. */
export interface LoadedFile {
  /** Path in the installation, `/`-separated. */
  readonly place: string;
  /** Absolute path, links resolved. */
  readonly path: string;
}

/** What the interpreter needs beside its modules, or why it works in its own folder only. */
export type Libraries = { readonly libraries: readonly LoadedFile[] } | { readonly reason: string };

/**
 * The libraries of an installation that its programs and extension modules load, one after the other: a library that is
 * loaded already is found by its name.
 *
 * @param root - the installation, links resolved
 * @param files - the interpreter first
 */
export async function librariesOf(root: string, files: readonly LoadedFile[]): Promise<Libraries> {
  const found = new Map<string, LoadedFile>();
  for (const file of files) {
    const waiting = [file];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const section = await readDynamicSection(next.path);
      if (section === undefined) return { reason: `${next.place} is no program or library for 64-bit Linux` };
      for (const name of section.needed) {
        if (ON_EVERY_NODE.test(name) || found.has(name)) continue;
        const library = await findLibrary(root, next, name, section);
        if (typeof library === 'string') return { reason: library };
        found.set(name, library);
        waiting.push(library);
      }
    }
  }
  return { libraries: [...found.values()] };
}

/** The library, or what speaks against it. */
async function findLibrary(
  root: string,
  file: LoadedFile,
  name: string,
  { searchPaths }: DynamicSection
): Promise<LoadedFile | string> {
  for (const folder of searchPaths) {
    const here = folder.replace(/^\$(?:ORIGIN|\{ORIGIN\})(?=\/|$)/, () => dirname(file.path));
    const candidate = join(here, name);
    const path = await orNothing(realpath(candidate));
    if (path === undefined) continue;
    if (here === folder) return `${file.place} looks for ${name} in ${folder} only`;
    if (!isWithin(candidate, root) || !isWithin(path, root)) break;
    return { place: relative(root, candidate), path };
  }
  return `${file.place} needs ${name} from the system`;
}
