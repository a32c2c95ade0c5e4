import { realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Editable, Finding } from '../../contract/snapshot.js';
import { isSystemError } from '../../errors.js';
import { compareText } from '../../text/compare.js';
import { collectFolder, toCodeFile, type Collecting } from './collect/collect.js';
import { SkipCounter, type CodeFile, type SkipRule, type Skipped } from './files.js';
import { importableTops, isProjectOwn, mayBeImportable } from './importable.js';
import { allowedFolders, findRoots, projectFolder, refuseMoreThanOneProject, unreadable, type Root } from './roots.js';
import { ShipIgnore } from './collect/ship-ignore.js';

/** The files of an editable that ship, and those that do not. */
export interface Listing {
  /** Absolute path of the project folder. */
  readonly project: string;
  /** Sorted by archive path; each path occurs once. */
  readonly files: readonly CodeFile[];
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
}

/**
 * Lists the files of an editable's importable tree that ship. It reads folders and `.shipignore`, never the content of other
 * files, and asks git. It writes nothing and runs no code of the project.
 *
 * 1. In a git work tree, the files ship that git tracks or would add; nested repositories and submodules are asked
 *    separately. Tracked files that were deleted do not ship. Compiled extension modules ship although git ignores them.
 *    Elsewhere, and when git cannot be asked (finding `git-unusable`), every file ships except the usual noise.
 * 2. These never ship: `.git`, caches, `.pyc`, virtual environments, notebook checkpoints, `node_modules`, `*.egg-info`.
 * 3. `.shipignore` in the project folder (gitignore syntax) leaves out more files. Its `!` rules can undo its own rules and
 *    rule 4, but not rules 1 and 2.
 * 4. A root on `sys.path` ships what Python can import from it: modules, packages and namespace packages with all their
 *    data. In the top folder of a project (it contains pyproject.toml, setup.py, setup.cfg or .git), tests, docs, build
 *    folders, examples and modules such as setup.py do not ship. `scripts`, `notebooks` and similar folders ship only when
 *    they contain an `__init__.py`.
 * 5. Links inside the project are followed, and their targets ship.
 *
 * The link tree of a strict editable (setuptools) ships as it is, because the kernel sees only this tree: git is not asked, and
 * `.shipignore` is applied to the targets of its links.
 *
 * When two roots contain the same archive path, the first wins, as it does on `sys.path`.
 *
 * @throws ShipEnvError EDITABLE_MISSING when a root is gone; EDITABLE_NOT_A_PROJECT; CODE_UNREADABLE for a file that cannot be
 *   read, or a link that leads out of the project; the signal's reason when aborted
 */
export async function listShippedFiles(editable: Editable, options: { signal: AbortSignal }): Promise<Listing> {
  try {
    return await list(editable, options);
  } catch (error) {
    throw isSystemError(error) ? unreadable(error.path ?? editable.projectDirectory, error) : error;
  }
}

async function list(editable: Editable, options: { signal: AbortSignal }): Promise<Listing> {
  await refuseMoreThanOneProject(editable);
  const roots = await findRoots(editable);
  const project = await projectFolder(editable);
  const context: Collecting = {
    name: editable.name,
    project,
    allowedFolders: await allowedFolders(project, roots),
    shipIgnore: await ShipIgnore.read(project),
    skips: new SkipCounter(),
    findings: [],
    signal: options.signal
  };
  const files = new Map<string, CodeFile>();
  for (const root of roots) {
    const found = root.kind === 'file' ? await collectFile(root, context) : await collectRoot(root, context);
    for (const file of found) if (!files.has(file.archivePath)) files.set(file.archivePath, file);
  }
  return {
    project,
    files: [...files.values()].sort((a, b) => compareText(a.archivePath, b.archivePath)),
    skipped: context.skips.result(),
    findings: context.findings
  };
}

async function collectRoot(root: Root, context: Collecting): Promise<CodeFile[]> {
  const { isLinkTree } = root;
  const place = {
    folder: await realpath(root.path),
    shownAs: root.path,
    archivePrefix: root.archivePath,
    above: [],
    isLinkTree
  };
  const files = await collectFolder({ ...place, ruleFor: path => topRule(root, path, context) }, context);
  if (root.archivePath !== '') return files;
  const tops = importableTops(
    files.map(file => file.archivePath),
    root.isProject
  );
  return files.filter(file => {
    const [top = ''] = file.archivePath.split('/', 1);
    const isFolder = top !== file.archivePath;
    // Checked again, because it is known only now which links and submodules are folders.
    if (topRule(root, isFolder ? `${top}/` : top, context) === undefined && tops.has(top)) return true;
    if (isFolder && context.shipIgnore.includes(`${join(root.path, top)}/`)) return true;
    context.skips.add('not-importable', relative(context.project, join(root.path, top)) + (isFolder ? '/' : ''));
    return false;
  });
}

/** The rule that the first part of a path decides, if there is one. */
function topRule(root: Root, path: string, context: Collecting): SkipRule | undefined {
  const slash = path.indexOf('/');
  const isFolder = slash !== -1;
  const top = isFolder ? path.slice(0, slash) : path;
  const isOut =
    (root.archivePath === '' && !mayBeImportable(top, isFolder)) ||
    (root.isProject &&
      isProjectOwn(top, isFolder) &&
      !context.shipIgnore.includes(join(root.path, top) + (isFolder ? '/' : '')));
  return isOut ? 'not-importable' : undefined;
}

/** A module that is a root itself ships even when git ignores it, because somebody installed exactly this file. */
async function collectFile(root: Root, context: Collecting): Promise<CodeFile[]> {
  const shown = relative(context.project, root.path);
  if (context.shipIgnore.excludes(root.path)) {
    context.skips.add('shipignore', shown);
    return [];
  }
  const sourcePath = await realpath(root.path);
  return [toCodeFile(root.archivePath, sourcePath, shown, await stat(sourcePath, { bigint: true }))];
}
