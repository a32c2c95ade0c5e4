import { basename, dirname, join, resolve } from 'node:path';
import type { Editable } from '../../contract/snapshot.js';
import type { FinderReading, MappedName } from '../../python/finder.js';
import { isCompiledExtension, isIdentifier, normalizeName } from '../../python/names.js';
import { kindAt, listDirectory, walkFiles } from '../../memo/disk.js';
import { compareText } from '../../text/compare.js';

/** A package, module or folder that Python can import because of an editable. */
export type EditableRoot = Editable['roots'][number];

/** The roots that the text of an import hook describes. */
export async function rootsFromFinder(
  finder: FinderReading,
  projectDirectory: string | undefined
): Promise<EditableRoot[]> {
  const modules = await Promise.all(finder.modules.map(rootFromModule));
  const namespaces = await existing(finder.namespaces);
  const topLevels = await Promise.all(
    projectDirectory === undefined ? [] : finder.topLevels.map(name => rootInProject(projectDirectory, name))
  );
  return [...modules, ...namespaces, ...topLevels.filter(root => root !== undefined)];
}

/** setuptools writes a module's path without `.py`; `editables` writes a package as its `__init__.py`. */
async function rootFromModule({ name, path }: MappedName): Promise<EditableRoot> {
  if (/^__init__\.\w+$/.test(basename(path))) return { path: dirname(path), importName: name };
  if ((await kindAt(path)) !== undefined) return { path, importName: name };
  const source = `${path}.py`;
  if ((await kindAt(source)) === 'file') return { path: source, importName: name };
  const built = (await listDirectory(dirname(path))).find(
    entry => entry.name.startsWith(`${basename(path)}.`) && isCompiledExtension(entry.name)
  );
  return { path: built === undefined ? path : join(dirname(path), built.name), importName: name };
}

/** The roots of namespace packages whose folder exists. A hook may also declare namespaces without a folder in this project. */
async function existing(names: readonly MappedName[]): Promise<EditableRoot[]> {
  const kinds = await Promise.all(names.map(({ path }) => kindAt(path)));
  return names.filter((_, index) => kinds[index] === 'directory').map(({ name, path }) => ({ path, importName: name }));
}

/** Looks for a top-level name in a project: first in the src layout, then in the flat layout. */
async function rootInProject(projectDirectory: string, name: string): Promise<EditableRoot | undefined> {
  for (const folder of [join(projectDirectory, 'src'), projectDirectory]) {
    for (const path of [join(folder, name), join(folder, `${name}.py`)]) {
      if ((await kindAt(path)) !== undefined) return { path, importName: name };
    }
  }
  return undefined;
}

/**
 * The roots of a project of which only the folder is known: the package with the distribution's name, else everything below
 * `src`, else nothing.
 */
export async function rootsFromProject(projectDirectory: string, names: readonly string[]): Promise<EditableRoot[]> {
  const wanted = names.map(name => normalizeName(name).replaceAll('-', '_'));
  const found = await Promise.all(
    [...new Set([...names, ...wanted])].filter(isIdentifier).map(name => rootInProject(projectDirectory, name))
  );
  const roots = found.filter(root => root !== undefined);
  if (roots.length > 0) return roots;
  const source = join(projectDirectory, 'src');
  return (await kindAt(source)) === 'directory' ? [{ path: source, importName: '' }] : [];
}

/** The roots, sorted, without those whose code is part of another root: `ns.one` below `ns` in the same folder. */
export function withoutCovered(roots: readonly EditableRoot[]): EditableRoot[] {
  const unique = new Map(roots.map(root => [`${root.importName}\0${root.path}`, root]));
  const isCovered = (root: EditableRoot): boolean => {
    const parts = root.importName.split('.');
    return parts.some((_, index) => {
      const outer = parts.slice(0, index).join('.');
      const path = resolve(root.path, ...parts.slice(index).map(() => '..'));
      const isSameTree = join(path, ...parts.slice(index)) === root.path.replace(/\.py$/, '');
      return root.importName !== '' && isSameTree && unique.has(`${outer}\0${path}`);
    });
  };
  return [...unique.values()]
    .filter(root => !isCovered(root))
    .sort((left, right) => compareText(left.importName, right.importName) || compareText(left.path, right.path));
}

/** Folders that contain no code of the project itself. */
const FOREIGN_FOLDERS = new Set(['node_modules', '__pycache__', 'build', 'dist']);
/** A project folder may hold a data set of any size. */
const MAXIMUM_FILES = 20_000;

/** The first compiled extension below a root, relative to it; undefined when none is among {@link MAXIMUM_FILES} files. */
export async function findCompiledExtension(root: EditableRoot): Promise<string | undefined> {
  if ((await kindAt(root.path)) === 'file') return isCompiledExtension(root.path) ? basename(root.path) : undefined;
  let seen = 0;
  const enter = (name: string): boolean => isIdentifier(name) && !FOREIGN_FOLDERS.has(name);
  for await (const path of walkFiles(root.path, enter)) {
    if (isCompiledExtension(path)) return path;
    if (++seen > MAXIMUM_FILES) return undefined;
  }
  return undefined;
}
