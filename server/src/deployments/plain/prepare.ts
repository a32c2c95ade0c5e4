import { lstat, readlink, stat } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { CODE_PATH } from '../../content/code/code-path.js';
import { problemOfProgram } from '../../content/interpreter/program.js';
import type { CodeArchive, Manifest } from '../../contract/manifest.js';
import { ShipEnvError } from '../../errors.js';
import type { PayloadFacts } from '../../payloads/payload.js';
import { orNothing } from '../../system/files/nothing.js';
import { notUnpackedError } from '../../targets/object-errors.js';
import type { Shipped } from '../deployment.js';
import type { ReadableTarget } from './download.js';
import { fetchProgram, type FetchContext } from './fetch.js';
import { fetchUnpacked } from './unpack.js';
import { unzip } from './unzip.js';

/** A python that is ready to run: its path, and the environment variables that it is given. */
export interface PreparedPython {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes a shipped environment ready to run on this machine: fetches it, verifies it, and keeps it in the local cache.
 *
 * @param options.env - the variables of this process
 * @throws ShipEnvError ARTIFACT_NOT_SHIPPED, TARGET_CONFLICT, FORMAT_UNSUITED, PYTHON_NOT_FOUND, CACHE_UNUSABLE,
 *   DISK_FULL and what the target throws; the signal's reason. No partial file stays
 */
export async function preparePython(
  shipped: Shipped,
  target: ReadableTarget,
  { env, ...context }: FetchContext & { readonly env: NodeJS.ProcessEnv }
): Promise<PreparedPython> {
  const path = await pythonOf(shipped, target, context);
  const folders: string[] = [];
  for (const archive of shipped.code) folders.push(requirePathEntry(await codeFolder(archive, target, context)));
  return { path, env: withCode(env, folders, shipped) };
}

/**
 * The environment variables of the program. They put code behind the packages, as on executors. A PEX puts PYTHONPATH
 * there. The python of an unpacked archive puts PYTHONPATH first, so there is another variable for code.
 */
function withCode(env: NodeJS.ProcessEnv, folders: readonly string[], { runs }: Shipped): NodeJS.ProcessEnv {
  if (runs.kind === 'archive') return { ...env, [CODE_PATH]: folders.join(delimiter) };
  const importPath = [...folders, ...(env['PYTHONPATH'] ? [env['PYTHONPATH']] : [])].join(delimiter);
  return importPath === '' ? env : { ...env, PYTHONPATH: importPath };
}

async function pythonOf({ runs, manifest }: Shipped, target: ReadableTarget, context: FetchContext): Promise<string> {
  switch (runs.kind) {
    case 'executable':
      return fetchProgram(target, manifest.artifact, context);
    case 'archive': {
      // A run of a PEX does not load the reader of tar files.
      const { untar } = await import('./untar.js');
      const folder = await fetchUnpacked(target, manifest.artifact, untar, context);
      return requireInterpreter(join(folder, runs.python), manifest, target.url);
    }
    case 'recipe':
      throw new ShipEnvError(
        'FORMAT_UNSUITED',
        `${manifest.artifact.name} was to run as a program on this machine; the format ${manifest.format} cannot.`,
        { hint: 'Ship the environment in another format.' }
      );
  }
}

/** An archive without an interpreter has a link to the python of this machine. */
async function requireInterpreter(path: string, { id, python, artifact }: Manifest, url: string): Promise<string> {
  const link = await orNothing(lstat(path));
  if (link === undefined) throw notUnpackedError(url, artifact.name, new Error(`It has no ${basename(path)}.`));
  const where = link.isSymbolicLink() ? await readlink(path) : path;
  if ((await orNothing(stat(path))) === undefined) {
    throw new ShipEnvError(
      'PYTHON_NOT_FOUND',
      `${id} was to run with the Python ${python.minor} of this machine; there is none at ${where}.`,
      { hint: `Install Python ${python.minor} there, or ship with --include-interpreter.` }
    );
  }
  const problem = await problemOfProgram(path);
  if (problem === undefined) return path;
  throw new ShipEnvError('PYTHON_NOT_FOUND', `${id} was to run with ${where}, which cannot start: it ${problem}.`, {
    hint: 'Ship from a machine of the same platform (processor and C library) as this one.'
  });
}

function codeFolder(
  { fileName, bytes, sha256 }: CodeArchive,
  target: ReadableTarget,
  context: FetchContext
): Promise<string> {
  const wanted: PayloadFacts = { name: fileName, bytes, sha256 };
  return fetchUnpacked(target, wanted, unzip, context);
}

/** Python splits its path variables at the delimiter, and has no way to escape it. */
function requirePathEntry(folder: string): string {
  if (!folder.includes(delimiter)) return folder;
  throw new ShipEnvError(
    'CACHE_UNUSABLE',
    `The code of editable packages was to be on Python's import path, which takes no "${delimiter}"; the cache is ${join(folder, '..')}.`,
    { hint: `Point SHIP_ENV_CACHE at a folder without "${delimiter}" in its path.` }
  );
}
