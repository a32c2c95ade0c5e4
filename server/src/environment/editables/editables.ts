import { dirname, join, resolve } from 'node:path';
import type { Editable } from '../../contract/snapshot.js';
import { FILE_KINDS } from '../../system/files/read.js';
import { isWithin } from '../../system/files/within.js';
import { type Candidate, readCandidate } from '../distributions/candidate.js';
import { type EditableRoot, rootsFromFinder, rootsFromProject, withoutCovered } from './roots.js';
import { type FinderReading, readFinder } from '../../python/finder.js';
import { decodeText } from '../../python/metadata.js';
import { normalizeName } from '../../python/names.js';
import { kindAt, linkTarget, listDirectory, readOptional } from '../../memo/disk.js';
import type { EggLink, PthFile, SiteContents } from '../site-contents.js';

/** An editable, and whether its import hook loads compiled files. */
export interface FoundEditable {
  readonly editable: Editable;
  readonly layer: 'environment' | 'base';
  readonly isCompiled: boolean;
}

/**
 * The editable that a distribution's metadata describes: its direct_url.json (PEP 610) says so, or it owns a `.pth` file that
 * leads out of the environment. Undefined for an ordinary distribution.
 *
 * @param pthFiles - the `.pth` files of its site directory
 */
export async function editableFromCandidate(
  candidate: Candidate,
  pthFiles: readonly PthFile[]
): Promise<FoundEditable | undefined> {
  const declared = candidate.directUrl?.editable === true;
  const projectDirectory = candidate.directUrl?.editable === true ? candidate.directUrl.projectDirectory : undefined;
  const own = pthFiles.filter(file => ownsPth(candidate, file, declared));
  const hooks = (await Promise.all(own.map(readHooks))).flat();
  const roots = [
    ...(await Promise.all(hooks.map(hook => rootsFromFinder(hook, projectDirectory)))).flat(),
    ...own.flatMap(file => outsidePaths(file).map(folderOnPath)),
    ...(declared ? await linkedRoots(candidate) : [])
  ];
  if (!declared && roots.length === 0) return undefined;
  if (roots.length === 0 && projectDirectory !== undefined) {
    roots.push(...(await rootsFromProject(projectDirectory, [...candidate.topLevels, candidate.name])));
  }
  return {
    editable: {
      name: candidate.name,
      normalizedName: candidate.normalizedName,
      version: candidate.version,
      kind: hooks.length > 0 ? 'pep660-finder' : declared ? 'direct-url' : 'pth',
      projectDirectory: projectDirectory ?? folderOf(roots),
      roots: withoutCovered(roots),
      requires: candidate.requires,
      entryPoints: await entryPointsOf(candidate)
    },
    layer: candidate.site.layer,
    isCompiled: hooks.some(hook => hook.isCompiled)
  };
}

/** Whether RECORD lists the `.pth` file. Without RECORD, the names that build tools give such files decide. */
function ownsPth(candidate: Candidate, file: PthFile, isEditable: boolean): boolean {
  if (candidate.site.path !== file.site.path) return false;
  if (candidate.listed !== undefined) return candidate.listed.pthFiles.includes(file.fileName);
  const stem = file.fileName.slice(0, -'.pth'.length);
  const name =
    /^(?:__editable__\.|_editable_impl_)(.+?)(?:-\d[^-]*)?$/.exec(stem)?.[1] ?? stem.replace(/^_|[-_]editable$/g, '');
  return isEditable && normalizeName(name) === candidate.normalizedName;
}

async function readHooks(file: PthFile): Promise<FinderReading[]> {
  const texts = await Promise.all(
    file.imports.map(module => readOptional(join(file.site.path, `${module}.py`), FILE_KINDS.finder))
  );
  const readings = texts.map(text => (text === undefined ? undefined : readFinder(decodeText(text))));
  return readings.filter(reading => reading !== undefined);
}

/** Paths of a `.pth` file outside of its environment. Files inside ship with the distributions. */
function outsidePaths(file: PthFile): string[] {
  return file.paths.map(line => resolve(file.site.path, line)).filter(path => !isWithin(path, file.site.path));
}

function folderOnPath(path: string): EditableRoot {
  return { path, importName: '' };
}

/** `flit install --symlink`: the packages are links in the site directory. */
async function linkedRoots({ listed, site }: Candidate): Promise<EditableRoot[]> {
  const roots: EditableRoot[] = [];
  for (const name of listed?.topLevels ?? []) {
    if (!/^\w+(?:\.py)?$/.test(name)) continue;
    const target = await linkTarget(join(site.path, name));
    if (target !== undefined) roots.push({ path: target, importName: name.replace(/\.py$/, '') });
  }
  return roots;
}

function folderOf(roots: readonly EditableRoot[]): string {
  const [first] = roots;
  if (first === undefined) return '';
  return first.importName === '' ? first.path : dirname(first.path);
}

/** The editable of `setup.py develop`: the folder in the link contains its metadata as `*.egg-info`. */
export async function editableFromEggLink(link: EggLink): Promise<FoundEditable> {
  const metadata = await metadataIn(link.importDirectory, link);
  return {
    editable: {
      name: metadata?.name ?? link.name,
      normalizedName: normalizeName(metadata?.name ?? link.name),
      version: metadata?.version ?? '',
      kind: 'egg-link',
      projectDirectory: link.projectDirectory,
      roots: [{ path: link.importDirectory, importName: '' }],
      requires: metadata?.requires ?? [],
      entryPoints: await entryPointsOf(metadata)
    },
    layer: link.site.layer,
    isCompiled: false
  };
}

/** Reads the egg-info with that name in a source folder. */
async function metadataIn(
  directory: string,
  { name, site }: { name: string; site: EggLink['site'] }
): Promise<Candidate | undefined> {
  const wanted = normalizeName(name);
  const folders = (await listDirectory(directory)).map(entry => entry.name).filter(each => each.endsWith('.egg-info'));
  const match = folders.find(each => normalizeName(each.replace(/(?:-\d.*)?\.egg-info$/, '')) === wanted);
  return match === undefined ? undefined : readCandidate({ ...site, path: directory }, match);
}

/**
 * The editables of a `.pth` file that no distribution owns, such as a folder that a person put on the path. The editable gets
 * the name of the file. A path that contains one egg-info, as in easy-install.pth, is an editable with the name of that project.
 *
 * @param taken - import directories that belong to an egg-link, and site directories
 */
export async function editablesFromPth(file: PthFile, taken: ReadonlySet<string>): Promise<FoundEditable[]> {
  const stem = file.fileName.slice(0, -'.pth'.length).replace(/^__editable__\.(.+?)(?:-\d[^-]*)?$/, '$1');
  const hooks = await readHooks(file);
  const paths = await importedPaths(file, taken);
  const roots = (await Promise.all(hooks.map(hook => rootsFromFinder(hook, undefined)))).flat();
  const found: FoundEditable[] = [];
  for (const path of paths) {
    const project = await onlyProjectIn(path, file);
    if (project === undefined) roots.push(folderOnPath(path));
    else
      found.push(await unowned(project.name, [folderOnPath(path)], { kind: 'pth', file, project, isCompiled: false }));
  }
  if (roots.length === 0) return found;
  const kind = hooks.length > 0 ? 'pep660-finder' : 'pth';
  return [
    ...found,
    await unowned(stem, roots, { kind, file, project: undefined, isCompiled: hooks.some(hook => hook.isCompiled) })
  ];
}

/** The paths that Python would add. Python ignores relative lines that lead nowhere, and files that are not archives. */
async function importedPaths(file: PthFile, taken: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  for (const path of new Set(outsidePaths(file))) {
    const kind = await kindAt(path);
    const isGoneFolder = kind === undefined && file.paths.includes(path);
    if (!taken.has(path) && (kind === 'directory' || isGoneFolder)) found.push(path);
  }
  return found;
}

async function onlyProjectIn(path: string, file: PthFile): Promise<Candidate | undefined> {
  const names = (await listDirectory(path)).map(entry => entry.name).filter(name => name.endsWith('.egg-info'));
  const [only] = names;
  return names.length === 1 && only !== undefined ? readCandidate({ ...file.site, path }, only) : undefined;
}

async function unowned(
  name: string,
  roots: readonly EditableRoot[],
  details: { kind: Editable['kind']; file: PthFile; project: Candidate | undefined; isCompiled: boolean }
): Promise<FoundEditable> {
  return {
    editable: {
      name,
      normalizedName: normalizeName(name),
      version: details.project?.version ?? '',
      kind: details.kind,
      projectDirectory: folderOf(roots),
      roots: withoutCovered(roots),
      requires: details.project?.requires ?? [],
      entryPoints: await entryPointsOf(details.project)
    },
    layer: details.file.site.layer,
    isCompiled: details.isCompiled
  };
}

/** The `.pth` files that no distribution of their site directory owns. */
export function unownedPthFiles(contents: SiteContents): PthFile[] {
  const isOwned = (file: PthFile): boolean =>
    contents.candidates.some(candidate => ownsPth(candidate, file, candidate.directUrl?.editable === true));
  return contents.pthFiles.filter(file => !isOwned(file));
}

async function entryPointsOf(candidate: Candidate | undefined): Promise<string> {
  if (candidate === undefined) return '';
  const path = join(candidate.site.path, candidate.metadataName, 'entry_points.txt');
  const text = await readOptional(path, FILE_KINDS.entryPoints);
  return text === undefined ? '' : decodeText(text);
}
