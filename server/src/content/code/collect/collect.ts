import { lstat, realpath, stat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import pLimit from 'p-limit';
import type { Finding } from '../../../contract/snapshot.js';
import { ShipEnvError } from '../../../errors.js';
import { isExecutable } from '../../../system/files/modes.js';
import { orNothing } from '../../../system/files/nothing.js';
import { FILE_KINDS, UnusableFile } from '../../../system/files/read.js';
import { isWithin } from '../../../system/files/within.js';
import type { CodeFile, SkipCounter, SkipRule } from '../files.js';
import { askGit } from '../git/git.js';
import { isExtensionModule } from '../importable.js';
import { environmentFolders, isUsableName, ruleForPath } from './rules.js';
import type { ShipIgnore } from './ship-ignore.js';
import { ListedPaths } from './listed-paths.js';
import { walk } from './walk.js';

/** Enough calls to keep the file system busy. More would only make the queue of the thread pool longer. */
const STAT_CONCURRENCY = 32;

/** What all folders of one editable have in common. */
export interface Collecting {
  readonly name: string;
  /** The project folder. Paths are shown relative to it. */
  readonly project: string;
  /** Links must not lead out of these folders. */
  readonly allowedFolders: readonly string[];
  readonly shipIgnore: ShipIgnore;
  readonly skips: SkipCounter;
  readonly findings: Finding[];
  readonly signal: AbortSignal;
}

/** A folder to collect from. */
export interface CollectedFolder {
  /** Absolute path with links resolved: the folder that contains the files. */
  readonly folder: string;
  /** Absolute path as the person knows it. Below a link it differs from `folder`. */
  readonly shownAs: string;
  /** Prefix of its files' paths in the archive; ends with `/` or is empty. */
  readonly archivePrefix: string;
  /** Folders above, with links resolved, to notice links in a circle. */
  readonly above: readonly string[];
  /** Whether this is the link tree of a strict editable. All of it ships, except links whose target `.shipignore` names. */
  readonly isLinkTree: boolean;
  /** For the top folder: the rule that keeps a path below it home, if there is one. */
  readonly ruleFor?: (path: string) => SkipRule | undefined;
}

/** The files of a folder that ship: the files that git names, or without git all files that the plain rules allow. */
export async function collectFolder(place: CollectedFolder, context: Collecting): Promise<CodeFile[]> {
  context.signal.throwIfAborted();
  const { paths, ruled } = await candidates(place, context);
  const environments = environmentFolders(paths);
  const kept: string[] = [];
  for (const path of paths) {
    const skip = skipFor(path, ruled, environments, place, context);
    if (skip === undefined) kept.push(path);
    else context.skips.add(skip.rule, shown(place, skip.path, context));
  }
  const limit = pLimit(STAT_CONCURRENCY);
  const listed = new ListedPaths(place.folder, context.signal);
  const entries = await Promise.all(
    kept.map(trimSlash).map(path => limit(async () => ({ path, info: await listed.stats(path) })))
  );
  const files: CodeFile[] = [];
  for (const { path, info } of entries) {
    // git tracks the file, but it was deleted from the work tree.
    if (info === undefined) continue;
    // One by one, because a call takes at most some hundred thousand arguments.
    for (const file of await collectEntry(path, info, place, context)) files.push(file);
  }
  return files;
}

/**
 * Refuses a `.gitignore` that is a FIFO or a device: git would open it and wait for ever. git does not follow a link there.
 *
 * @throws UnusableFile CODE_UNREADABLE
 */
async function requireReadableIgnoreFile(folder: string): Promise<void> {
  // git reads the files of the folders above, too.
  if (dirname(folder) !== folder) await requireReadableIgnoreFile(dirname(folder));
  const path = join(folder, '.gitignore');
  const info = await orNothing(lstat(path));
  if (info === undefined || info.isFile() || info.isSymbolicLink() || info.isDirectory()) return;
  throw new UnusableFile(path, FILE_KINDS.gitIgnore, `it is ${info.isFIFO() ? 'a FIFO' : 'a socket or a device'}`);
}

async function candidates(
  place: CollectedFolder,
  context: Collecting
): Promise<{ paths: readonly string[]; ruled: 'git' | 'plain' }> {
  // git is not asked about a link tree, because it ignores the build folder that contains the tree.
  await requireReadableIgnoreFile(place.folder);
  const answer = place.isLinkTree ? { state: 'none' as const } : await askGit(place.folder, context.signal);
  if (answer.state === 'unusable') {
    context.findings.push({
      kind: 'git-unusable',
      subject: context.name,
      message:
        `${place.shownAs} is in a git work tree, but git cannot list its files (${answer.reason}). ` +
        'The ignore rules of git were not applied; every file ships except caches and the like.'
    });
  }
  // An empty list means that git ignores the folder itself, for example in a home directory under git. Then git does not decide.
  if (answer.state === 'listed' && answer.files.length > 0) {
    return { paths: [...answer.files, ...builtModules(answer.ignored, place, context)], ruled: 'git' };
  }
  const isExcluded = (path: string): SkipRule | undefined => place.ruleFor?.(path) ?? shipIgnored(place, path, context);
  const onSkip = (rule: SkipRule, path: string): void => context.skips.add(rule, shown(place, path, context));
  return { paths: await walk(place.folder, context.signal, isExcluded, onSkip), ruled: 'plain' };
}

/**
 * The ignored files that ship anyway: compiled extension modules, because without them the package cannot be imported. All
 * other ignored files are counted as skipped.
 */
function builtModules(ignored: readonly string[], place: CollectedFolder, context: Collecting): string[] {
  return ignored.filter(path => {
    if (isExtensionModule(path)) return true;
    const skip = ruleForPath(trimSlash(path), 'git')?.rule ?? place.ruleFor?.(path) ?? 'git-ignored';
    context.skips.add(skip, shown(place, path, context));
    return false;
  });
}

function skipFor(
  path: string,
  ruled: 'git' | 'plain',
  environments: ReadonlySet<string>,
  place: CollectedFolder,
  context: Collecting
): { rule: SkipRule; path: string } | undefined {
  const byName = ruleForPath(trimSlash(path), ruled);
  if (byName !== undefined) return byName;
  for (const folder of environments) if (path.startsWith(folder)) return { rule: 'virtual-environment', path: folder };
  if (!isUsableName(path)) return { rule: 'unusable-name', path };
  const rule = place.ruleFor?.(path) ?? shipIgnored(place, path, context);
  return rule === undefined ? undefined : { rule, path };
}

function shipIgnored(place: CollectedFolder, path: string, context: Collecting): SkipRule | undefined {
  if (place.isLinkTree) return undefined;
  return context.shipIgnore.excludes(`${place.shownAs}/${path}`) ? 'shipignore' : undefined;
}

async function collectEntry(
  path: string,
  info: BigIntStats,
  place: CollectedFolder,
  context: Collecting
): Promise<CodeFile[]> {
  const source = join(place.folder, path);
  if (info.isSymbolicLink()) return followLink(path, place, context);
  if (info.isDirectory()) return collectFolder(below(place, path, source), context);
  if (info.isFile()) return [toFile(path, source, info, place, context)];
  context.skips.add('special-file', shown(place, path, context));
  return [];
}

async function followLink(path: string, place: CollectedFolder, context: Collecting): Promise<CodeFile[]> {
  const link = join(place.folder, path);
  const target = await orNothing(realpath(link));
  if (target === undefined) {
    context.skips.add('broken-link', shown(place, path, context));
    return [];
  }
  const allowed = context.allowedFolders.find(folder => isWithin(target, folder));
  if (allowed === undefined) throw leadsOutside(shown(place, path, context), target, context);
  const info = await stat(target, { bigint: true });
  const byName = ruleForPath(relative(allowed, target), 'git');
  if (byName !== undefined) context.skips.add(byName.rule, shown(place, path, context));
  else if (place.isLinkTree && info.isFile()) return collectSource(path, target, info, place, context);
  else if (info.isFile()) return [toFile(path, target, info, place, context)];
  else if (!info.isDirectory()) context.skips.add('special-file', shown(place, path, context));
  else if ([...place.above, dirname(link)].some(folder => isWithin(folder, target)))
    context.skips.add('broken-link', shown(place, path, context));
  else return collectFolder(below(place, path, target), context);
  return [];
}

/** Collects the target of a link in a link tree. It is shown by its source path, because the person does not know the link. */
function collectSource(
  path: string,
  source: string,
  info: BigIntStats,
  place: CollectedFolder,
  context: Collecting
): CodeFile[] {
  const known = relative(context.project, source);
  if (!context.shipIgnore.excludes(source)) return [toCodeFile(place.archivePrefix + path, source, known, info)];
  context.skips.add('shipignore', known);
  return [];
}

function below(place: CollectedFolder, path: string, folder: string): CollectedFolder {
  return {
    folder,
    shownAs: join(place.shownAs, path),
    archivePrefix: `${place.archivePrefix}${path}/`,
    above: [...place.above, dirname(join(place.folder, path))],
    isLinkTree: place.isLinkTree
  };
}

function toFile(
  path: string,
  sourcePath: string,
  info: BigIntStats,
  place: CollectedFolder,
  context: Collecting
): CodeFile {
  return toCodeFile(place.archivePrefix + path, sourcePath, shown(place, path, context), info);
}

/** A {@link CodeFile} from its paths and stats. */
export function toCodeFile(archivePath: string, sourcePath: string, displayPath: string, info: BigIntStats): CodeFile {
  const { mtimeNs, ctimeNs, ino, dev } = info;
  const identity = { size: Number(info.size), mtimeNs, ctimeNs, ino, dev };
  return { archivePath, sourcePath, displayPath, executable: isExecutable(Number(info.mode)), identity };
}

function leadsOutside(link: string, target: string, context: Collecting): ShipEnvError {
  return new ShipEnvError(
    'CODE_UNREADABLE',
    `${link} in ${context.name} is a link to ${target}, outside the project ${context.project}.`,
    {
      hint: 'Copy the target of the link into the project, or leave the link out with a line in .shipignore.'
    }
  );
}

function shown(place: CollectedFolder, path: string, context: Collecting): string {
  return relative(context.project, join(place.shownAs, path)) + (path.endsWith('/') ? '/' : '');
}

function trimSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
