import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Editable } from '../../contract/snapshot.js';
import { isWithin } from '../../system/files/within.js';
import type { EditableRoot } from './roots.js';
import { isCompiledExtension } from '../../python/names.js';
import { kindAt, listDirectory, realpathOptional } from '../../memo/disk.js';

/** Files that mark the top folder of a Python project. */
export const PROJECT_MARKS = ['pyproject.toml', 'setup.py', 'setup.cfg'];
/** A folder that contains one of these is a project, in Python or another language. */
const ANY_PROJECT_MARKS = [...PROJECT_MARKS, '.git'];
/** Folders of the system, which are never projects. Folders below `/dev`, `/proc` and `/sys` are no projects either. */
const SYSTEM_FOLDER = /^\/(?:bin|boot|etc|lib|lib32|lib64|run|sbin|tmp|usr|var|(?:dev|proc|sys)(?:\/.*)?)$/;
/** Folders that several people or programs use. A folder below them may be a project. */
const SHARED_FOLDER = /^\/(?:home|Users|opt|srv|mnt|media|usr\/local|var\/lib)$/;
const NAMED_HOME = /^\/(?:root|(?:home|Users)\/[^/]+)$/;

/**
 * Why a root of an editable is not part of one project, as the end of a sentence that begins with its path: `is a home
 * folder`. Everything importable below a root ships, so such a root would ship files that nobody meant to ship.
 *
 * @returns undefined when the root is part of one project, or is gone
 */
export async function whyNotOneProject(
  editable: Editable,
  { path, importName }: EditableRoot
): Promise<string | undefined> {
  const real = await realpathOptional(path);
  if (real === undefined) return undefined;
  if ((await kindAt(real)) !== 'directory') return whyNotAModule(real);
  const wide = await whyTooWide(real);
  if (wide !== undefined) return wide;
  if (importName !== '' && (await hasAny(real, ['__init__.py']))) return undefined;
  const isOwn = (await hasAny(real, PROJECT_MARKS)) || (await hasAny(dirname(real), PROJECT_MARKS));
  // The build tool, or pip's metadata, says that this is one project. It may contain other projects as its parts.
  if (isOwn && editable.kind !== 'pth') return undefined;
  const others = await projectsIn(real);
  if (others.length === 0 || (isOwn && others.length === 1)) return undefined;
  return `contains other projects (${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''})`;
}

/** Why a folder cannot be one project, judged by its path alone. */
export async function whyTooWide(real: string): Promise<string | undefined> {
  if (real === '/') return 'is the whole file system';
  if (SYSTEM_FOLDER.test(real)) return 'is a folder of the system';
  // A home folder that this user may not read is compared by its path.
  const home = (await realpathOptional(homedir()).catch(() => undefined)) ?? homedir();
  if (NAMED_HOME.test(real) || real === home) return 'is a home folder';
  if (isWithin(home, real)) return 'contains a home folder';
  return SHARED_FOLDER.test(real) ? 'is a folder that projects, programs or people share' : undefined;
}

async function whyNotAModule(real: string): Promise<string | undefined> {
  if (!real.endsWith('.py') && !isCompiledExtension(real)) return 'is not a Python module';
  for (let folder = dirname(real); (await whyTooWide(folder)) === undefined; folder = dirname(folder)) {
    if (await hasAny(folder, ANY_PROJECT_MARKS)) return undefined;
  }
  return 'is a file outside of any project';
}

/** The names of the folders directly below that are projects of their own. A package with a project file is not a project. */
async function projectsIn(folder: string): Promise<string[]> {
  const names = (await listDirectory(folder)).filter(entry => entry.isDirectory()).map(entry => entry.name);
  const areProjects = await Promise.all(
    names.map(async name => {
      const path = join(folder, name);
      return (await hasAny(path, ANY_PROJECT_MARKS)) && !(await hasAny(path, ['__init__.py']));
    })
  );
  return names.filter((_, index) => areProjects[index]);
}

/** Whether a folder contains one of these names. */
export async function hasAny(folder: string, names: readonly string[]): Promise<boolean> {
  const kinds = await Promise.all(names.map(name => kindAt(join(folder, name))));
  return kinds.some(kind => kind !== undefined);
}
