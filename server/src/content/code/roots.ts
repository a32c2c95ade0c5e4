import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Editable } from '../../contract/snapshot.js';
import { ShipEnvError } from '../../errors.js';
import { orNothing } from '../../system/files/nothing.js';
import { shellWord } from '../../text/shell-word.js';
import { PROJECT_MARKS, hasAny, whyNotOneProject } from '../../environment/editables/scope.js';
import { kindAt } from '../../memo/disk.js';
import { isExtensionModule, moduleOfFile } from './importable.js';

/** A root of an editable as it is on disk. */
export interface Root {
  readonly kind: 'folder' | 'file';
  /** Absolute path. */
  readonly path: string;
  /** Path in the archive. A folder's path ends with `/`, or is empty when the folder is on `sys.path`. */
  readonly archivePath: string;
  /** Whether this is the top folder of a project, which has tests, docs and build files beside the packages. */
  readonly isProject: boolean;
  /** The folder of links that setuptools' strict mode puts on `sys.path`: `build/__editable__.<name>-<version>-<tag>`. */
  readonly isLinkTree: boolean;
}

/**
 * The roots of an editable as they are on disk. setuptools' finder names a single module without its suffix
 * (`/project/tool` for `/project/tool.py`); both forms are accepted.
 *
 * @throws ShipEnvError EDITABLE_MISSING when a root is gone
 */
export async function findRoots(editable: Editable): Promise<Root[]> {
  const roots: Root[] = [];
  for (const { path, importName } of editable.roots) {
    const kind = await kindAt(path);
    const prefix = importName === '' ? '' : `${importName.replaceAll('.', '/')}/`;
    if (kind === 'directory') {
      const isProject = await isProjectTop(path, importName === '');
      const isLinkTree = importName === '' && basename(path).startsWith('__editable__.');
      roots.push({ kind: 'folder', path, archivePath: prefix, isProject, isLinkTree });
      continue;
    }
    const file = kind !== undefined ? path : importName === '' ? undefined : await moduleFile(path);
    if (file === undefined) throw missing(editable, path);
    const suffix = basename(file).slice(basename(file).indexOf('.'));
    const name = importName === '' ? basename(file) : prefix.slice(0, -1) + suffix;
    roots.push({ kind: 'file', path: file, archivePath: name, isProject: false, isLinkTree: false });
  }
  return roots;
}

/**
 * Everything importable below a root ships, so a root that is more than one project would ship files that nobody meant to ship.
 *
 * @throws ShipEnvError EDITABLE_NOT_A_PROJECT
 */
export async function refuseMoreThanOneProject(editable: Editable): Promise<void> {
  for (const root of editable.roots) {
    const why = await whyNotOneProject(editable, root);
    if (why === undefined) continue;
    throw new ShipEnvError(
      'EDITABLE_NOT_A_PROJECT',
      `The editable package ${editable.name} should be one project; it leads to ${root.path}, which ${why}.`,
      {
        hint:
          'Install the project that you need with pip install -e, and uninstall this one or remove its .pth file. ' +
          `If the executors do not need it, exclude it: --exclude ${shellWord(editable.name)}`
      }
    );
  }
}

/**
 * The folder of the project: it contains `.shipignore`, and links must not lead out of it. A `.pth` line that names
 * `project/src` means the folder above, if that is marked as a project.
 */
export async function projectFolder(editable: Editable): Promise<string> {
  const { projectDirectory } = editable;
  if (await hasAny(projectDirectory, PROJECT_MARKS)) return projectDirectory;
  const above = dirname(projectDirectory);
  return (await hasAny(above, PROJECT_MARKS)) ? above : projectDirectory;
}

/** The folders, with links resolved, that links may lead into: the project and the editable's roots. */
export async function allowedFolders(project: string, roots: readonly Root[]): Promise<string[]> {
  const folders = roots.map(root => (root.kind === 'folder' ? root.path : dirname(root.path)));
  const known = [project, ...folders].map(folder => orNothing(realpath(folder)));
  return (await Promise.all(known)).filter(folder => folder !== undefined);
}

async function isProjectTop(path: string, isOnSysPath: boolean): Promise<boolean> {
  // A package folder may be a repository of its own (a submodule) and still not be the top of a project.
  return hasAny(path, isOnSysPath ? [...PROJECT_MARKS, '.git'] : PROJECT_MARKS);
}

async function moduleFile(path: string): Promise<string | undefined> {
  if ((await kindAt(`${path}.py`)) === 'file') return `${path}.py`;
  if ((await kindAt(dirname(path))) !== 'directory') return undefined;
  const siblings = (await readdir(dirname(path))).sort();
  const name = siblings.find(sibling => isExtensionModule(sibling) && moduleOfFile(sibling) === basename(path));
  return name === undefined ? undefined : join(dirname(path), name);
}

function missing(editable: Editable, path: string): ShipEnvError {
  return new ShipEnvError(
    'EDITABLE_MISSING',
    `The editable package ${editable.name} is installed from ${path}, which does not exist.`,
    { hint: `Put the folder back, install ${editable.name} again, uninstall it, or exclude it from shipping.` }
  );
}

/** The error for a file or folder that exists but cannot be read. */
export function unreadable(path: string, cause: unknown): ShipEnvError {
  return new ShipEnvError('CODE_UNREADABLE', `${path} belongs to an editable package and cannot be read.`, {
    hint: 'Make it readable, or leave it out with a line in .shipignore.',
    cause
  });
}
