import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import type { Interpreter } from '../../contract/snapshot.js';
import { ShipEnvError } from '../../errors.js';
import { kindAt, walkFiles } from '../../memo/disk.js';
import { isCompiledExtension } from '../../python/names.js';
import { problemOfPath } from '../../system/files/path-names.js';
import { looksSecret } from '../../system/files/secrets/secrets.js';
import { isWithin } from '../../system/files/within.js';
import { libraryOf } from './base-python.js';
import { librariesOf, type LoadedFile } from './libraries.js';

/** A file of an installation of Python that nodes need. */
export interface InstalledFile {
  /** Path in the installation, `/`-separated: `bin/python3.11`, `lib/python3.11/os.py`. */
  readonly place: string;
  /** Absolute path. */
  readonly path: string;
  readonly stats: Stats;
}

/** Folders of the standard library that no job imports from; the packages beside it ship by themselves, or stay home. */
const LEFT_OUT = new Set(['__pycache__', 'dist-packages', 'idlelib', 'site-packages', 'test', 'tests', 'turtledemo']);

/** What programs are built against: `config-3.11-x86_64-linux-gnu`. */
const BUILD_FOLDER = /^config-\d/;

/** It needs a screen, which nodes do not have, and the libraries of one. */
const WINDOWS_MODULE = /\/lib-dynload\/_tkinter\./;

/**
 * The files of an interpreter that can run in any folder: the program, the standard library, and the shared libraries
 * of the installation that these load.
 *
 * @param basePython - the program, links resolved
 * @throws ShipEnvError PYTHON_NOT_RELOCATABLE, which says why the interpreter works in its own folder only
 */
export async function installedFiles(interpreter: Interpreter, basePython: string): Promise<InstalledFile[]> {
  const refuse = (reason: string): never => {
    throw notRelocatable(interpreter, basePython, reason);
  };
  const root = await realpath(interpreter.basePrefix);
  const program: LoadedFile = { place: relative(root, basePython), path: basePython };
  if (posix.dirname(program.place) !== 'bin') refuse(`the program lies outside ${join(root, 'bin')}`);
  if ((await kindAt(join(root, 'conda-meta'))) === 'directory') refuse('conda writes the folder into its files');
  const library = libraryOf(interpreter);
  if ((await kindAt(join(root, library, 'os.py'))) !== 'file') refuse(`there is no ${library}/os.py below ${root}`);
  const modules = await modulesOf(root, library, refuse);
  const loaded = [program, ...modules.filter(({ place }) => isCompiledExtension(place))];
  const found = await librariesOf(root, loaded);
  if ('reason' in found) return refuse(found.reason);
  // A module may be a library of another one.
  const files = new Map([program, ...modules, ...found.libraries].map(file => [file.place, file]));
  return Promise.all([...files.values()].map(async file => ({ ...file, stats: await stat(file.path) })));
}

async function modulesOf(root: string, library: string, refuse: (reason: string) => never): Promise<LoadedFile[]> {
  const modules: LoadedFile[] = [];
  const enter = (name: string): boolean => !LEFT_OUT.has(name) && !BUILD_FOLDER.test(name);
  for await (const name of walkFiles(join(root, library), enter)) {
    const place = `${library}/${name}`;
    if (WINDOWS_MODULE.test(`/${place}`)) continue;
    const path = await realpath(join(root, place));
    const problem = problemOfPath(place);
    if (problem !== undefined) refuse(`it has ${place}, whose name ${problem}`);
    if (!isWithin(path, root)) refuse(`${place} is a link to ${path}`);
    if (looksSecret([place], [])) refuse(`${place} looks like a secret`);
    modules.push({ place, path });
  }
  return modules;
}

function notRelocatable({ minor }: Interpreter, basePython: string, reason: string): ShipEnvError {
  return new ShipEnvError(
    'PYTHON_NOT_RELOCATABLE',
    `The interpreter ${basePython} was to go into the artifact; it does not run in another folder or on another machine: ${reason}.`,
    {
      hint:
        `Make the environment with an interpreter that does, such as one that uv installs (uv python install ${minor}). ` +
        `Or leave out --include-interpreter and install Python ${minor} on each node.`
    }
  );
}
