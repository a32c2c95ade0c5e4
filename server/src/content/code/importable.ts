import { compareText } from '../../text/compare.js';

const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
/** importlib.machinery.all_suffixes() without bytecode: `.py`, `.so`, `.abi3.so`, `.cpython-311-x86_64-linux-gnu.so`, `.pyd`. */
const MODULE_FILE = /^([^.]+)\.(?:py|(?:[\w-]+\.)?(?:so|pyd))$/u;
const EXTENSION_FILE = /\.(?:so|pyd)$/;

/**
 * Folders beside the packages of a project that are not packages: those that setuptools ignores when it searches a flat layout
 * (setuptools.discovery, FlatLayoutPackageFinder and FlatLayoutModuleFinder). The names that people do import are not listed
 * (`utils`, `tools`, `tasks`, `python`, `manage`): a missing module fails on the executors, an extra one does no harm.
 */
const PROJECT_FOLDERS = new Set(
  (
    'test tests unit_test unit_tests doc docs documentation build dist example examples benchmark benchmarks ' +
    'exercise exercises htmlcov site_scons'
  ).split(' ')
);
/** More such folders, which are packages when they contain an `__init__.py`. */
const PROJECT_FOLDERS_UNLESS_PACKAGE = new Set(
  'notebook notebooks script scripts bin ci debian manpages news newsfragments changelog typings'.split(' ')
);
const PROJECT_MODULES = new Set('setup conftest noxfile toxfile pavement dodo fabfile conanfile versioneer'.split(' '));

/** The module name of a file, `tools` for `tools.py` and `tools.abi3.so`; undefined when the file is not a module. */
export function moduleOfFile(fileName: string): string | undefined {
  const name = MODULE_FILE.exec(fileName)?.[1];
  return name !== undefined && IDENTIFIER.test(name) ? name : undefined;
}

/** Whether this is a compiled extension module. */
export function isExtensionModule(path: string): boolean {
  return EXTENSION_FILE.test(path) && moduleOfFile(path.slice(path.lastIndexOf('/') + 1)) !== undefined;
}

/** Whether this entry of a project's top folder belongs to the project itself and not to its packages. */
export function isProjectOwn(name: string, isFolder: boolean): boolean {
  if (isFolder) return PROJECT_FOLDERS.has(name);
  const module = moduleOfFile(name);
  return module !== undefined && PROJECT_MODULES.has(module);
}

/**
 * Whether the name of this entry of a folder on `sys.path` allows to import it. A file without a suffix may be a link to a
 * package.
 */
export function mayBeImportable(name: string, isFolder: boolean): boolean {
  return isFolder ? IDENTIFIER.test(name) : moduleOfFile(name) !== undefined || IDENTIFIER.test(name);
}

/**
 * The top-level entries of a folder on `sys.path` that Python can import: modules, packages, and namespace packages
 * (PEP 420). A namespace package is a folder that contains a module at a path of identifiers.
 *
 * @param paths - files below the folder, `/`-separated
 * @param isProject - whether this is the top folder of a project, where folders such as `scripts` are no namespace packages
 */
export function importableTops(paths: readonly string[], isProject: boolean): Set<string> {
  const tops = new Set<string>();
  const packages = new Set(paths.filter(path => isRegularPackage(path)).map(path => path.slice(0, path.indexOf('/'))));
  for (const path of paths) {
    const parts = path.split('/');
    const file = parts.pop() ?? '';
    if (moduleOfFile(file) === undefined || !parts.every(part => IDENTIFIER.test(part))) continue;
    const top = parts[0] ?? file;
    const isNoise = isProject && parts.length > 0 && PROJECT_FOLDERS_UNLESS_PACKAGE.has(top) && !packages.has(top);
    if (!isNoise) tops.add(top);
  }
  return tops;
}

function isRegularPackage(path: string): boolean {
  const parts = path.split('/');
  return parts.length === 2 && moduleOfFile(parts[1] ?? '') === '__init__';
}

/** A folder of the archive, with its subfolders and modules. */
interface Folder {
  readonly folders: Map<string, Folder>;
  readonly modules: Set<string>;
}

/**
 * The import names of an archive, sorted: its top-level modules and packages. For a namespace package (without `__init__.py`)
 * the names of its portions, such as `acme.tools`, because `acme` belongs to other distributions too. A package that extends
 * its own path (`pkgutil.extend_path`) is one name, because its path is made when it is imported.
 */
export function importNames(archivePaths: readonly string[]): string[] {
  const top: Folder = { folders: new Map(), modules: new Set() };
  for (const path of archivePaths) {
    const parts = path.split('/');
    const module = moduleOfFile(parts.pop() ?? '');
    if (module === undefined || !parts.every(part => IDENTIFIER.test(part))) continue;
    let folder = top;
    for (const part of parts) {
      const next: Folder = folder.folders.get(part) ?? { folders: new Map(), modules: new Set() };
      folder.folders.set(part, next);
      folder = next;
    }
    folder.modules.add(module);
  }
  return [...new Set(namesIn(top, ''))].sort(compareText);
}

function namesIn(folder: Folder, prefix: string): string[] {
  const names = [...folder.modules].map(module => prefix + module);
  for (const [name, child] of folder.folders) {
    names.push(...(child.modules.has('__init__') ? [prefix + name] : namesIn(child, `${prefix}${name}.`)));
  }
  return names;
}
