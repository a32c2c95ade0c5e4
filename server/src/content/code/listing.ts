import { realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Editable, Finding } from '../../contract/snapshot.js';
import { isSystemError } from '../../errors.js';
import { collectFolder, toShippedFile, type Collecting } from './collect/collect.js';
import { SkipCounter, byCodeUnit, type CodeFile, type SkipRule, type Skipped } from './files.js';
import { importableTops, isProjectOwn, mayBeImportable } from './importable.js';
import { boundaries, findRoots, projectFolder, refuseMoreThanOneProject, unreadable, type Root } from './roots.js';
import { ShipIgnore } from './collect/ship-ignore.js';

/** Which files of an editable ship, and what stays home. */
export interface Listing {
  /** Absolute path of the project folder. */
  readonly project: string;
  /** Sorted by archive path, each path once. */
  readonly files: readonly CodeFile[];
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
}

/**
 * Which files of an editable's importable tree ship. Reads folders and `.shipignore`, never a file's content, and asks
 * git; writes nothing, runs no code of the project.
 *
 * 1. Where a root lies in a git work tree: the files that git tracks or would add; nested repositories and submodules
 *    answer for themselves. Tracked files that were deleted are not there. Compiled extension modules ship although
 *    git ignores them. Elsewhere, and when git cannot be asked (finding `git-unusable`): every file but the usual noise.
 * 2. Never: `.git`, caches, `.pyc`, virtual environments, notebook checkpoints, `node_modules`, `*.egg-info`.
 * 3. `.shipignore` in the project folder (gitignore syntax) leaves out more. Its `!` rules undo its own rules and rule
 *    4; what rules 1 and 2 keep home stays home.
 * 4. A root on `sys.path` ships what Python can import from it: modules, packages and namespace packages with all
 *    their data. In a project's top folder (it holds pyproject.toml, setup.py, setup.cfg or .git) tests, docs, build
 *    folders, examples and modules such as setup.py stay home; `scripts`, `notebooks` and the like too, unless they
 *    hold an `__init__.py`.
 * 5. Links are followed inside the project, and ship as what they lead to.
 *
 * The link tree of a strict editable (setuptools) ships as it is, since it is all that the kernel sees: git is not asked,
 * and `.shipignore` goes by the files that its links lead to.
 *
 * When two roots hold the same archive path, the first wins, as it does on `sys.path`.
 *
 * @throws ShipEnvError EDITABLE_MISSING when a root is gone; EDITABLE_NOT_A_PROJECT; CODE_UNREADABLE for what cannot be read and for a link
 *   that leads out of the project; the signal's reason when aborted
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
    boundaries: await boundaries(project, roots),
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
    files: [...files.values()].sort((a, b) => byCodeUnit(a.archivePath, b.archivePath)),
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
    // Once more: only now is it known which links and submodules are folders.
    if (topRule(root, isFolder ? `${top}/` : top, context) === undefined && tops.has(top)) return true;
    if (isFolder && context.shipIgnore.includes(`${join(root.path, top)}/`)) return true;
    context.skips.add('not-importable', relative(context.project, join(root.path, top)) + (isFolder ? '/' : ''));
    return false;
  });
}

/** What a path's first part alone decides. */
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

/** A module that is a root by itself ships whatever git thinks of it: someone installed exactly this file. */
async function collectFile(root: Root, context: Collecting): Promise<CodeFile[]> {
  const shown = relative(context.project, root.path);
  if (context.shipIgnore.excludes(root.path)) {
    context.skips.add('shipignore', shown);
    return [];
  }
  const sourcePath = await realpath(root.path);
  return [toShippedFile(root.archivePath, sourcePath, shown, await stat(sourcePath, { bigint: true }))];
}
