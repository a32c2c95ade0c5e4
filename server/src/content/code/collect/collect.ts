import { lstat, realpath, stat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import pLimit from 'p-limit';
import type { Finding } from '../../../contract/snapshot.js';
import { ShipEnvError } from '../../../errors.js';
import { orNothing } from '../../../system/files/nothing.js';
import { FILE_KINDS, UnusableFile } from '../../../system/files/read.js';
import { isWithin } from '../../../system/files/within.js';
import type { CodeFile, SkipCounter, SkipRule } from '../files.js';
import { askGit } from '../git/git.js';
import { isExtensionModule } from '../importable.js';
import { environmentFolders, isUsableName, ruleForPath } from './rules.js';
import type { ShipIgnore } from './ship-ignore.js';
import { Listed } from './there.js';
import { walk } from './walk.js';

/** Enough to keep the file system busy; more only makes the thread pool's queue longer. */
const STAT_CONCURRENCY = 32;

/** What is the same for every folder of one editable. */
export interface Collecting {
  readonly name: string;
  /** The project folder: paths are shown relative to it. */
  readonly project: string;
  /** Links must not lead out of these. */
  readonly boundaries: readonly string[];
  readonly shipIgnore: ShipIgnore;
  readonly skips: SkipCounter;
  readonly findings: Finding[];
  readonly signal: AbortSignal;
}

/** A folder to collect from. */
export interface CollectedFolder {
  /** Absolute, links resolved: where the bytes are. */
  readonly folder: string;
  /** Absolute, as the person knows it: differs below a link. */
  readonly shownAs: string;
  /** Of its files in the archive; ends with `/` or is empty. */
  readonly archivePrefix: string;
  /** Real folders above, to notice links that go in a circle. */
  readonly above: readonly string[];
  /** A strict editable's tree of links: all of it ships, unless `.shipignore` names what a link leads to. */
  readonly isLinkTree: boolean;
  /** Of the top place: which paths below it have a chance to ship. */
  readonly ruleFor?: (path: string) => SkipRule | undefined;
}

/** The files of a folder that ship: git's answer where there is one, else what the plain rule leaves. */
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
  const listed = new Listed(place.folder, context.signal);
  const entries = await Promise.all(
    kept.map(trimSlash).map(path => limit(async () => ({ path, info: await listed.look(path) })))
  );
  const files: CodeFile[] = [];
  for (const { path, info } of entries) {
    // Tracked and deleted from the work tree.
    if (info === undefined) continue;
    // One by one: a call takes no more than some hundred thousand arguments.
    for (const file of await collectEntry(path, info, place, context)) files.push(file);
  }
  return files;
}

/**
 * git opens `.gitignore` without care, and would wait for ever for whoever writes to a FIFO. A link it does not follow.
 *
 * @throws UnusableFile CODE_UNREADABLE
 */
async function requireReadableIgnoreFile(folder: string): Promise<void> {
  // git reads those of the folders above, too.
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
  // Git ignores the folder of builds in which a link tree lies.
  await requireReadableIgnoreFile(place.folder);
  const answer = place.isLinkTree ? { state: 'none' as const } : await askGit(place.folder, context.signal);
  if (answer.state === 'unusable') {
    context.findings.push({
      kind: 'git-unusable',
      subject: context.name,
      message:
        `${place.shownAs} is in a git work tree, but git cannot say what belongs to it (${answer.reason}). ` +
        'Its ignore rules were not followed; everything but the usual noise ships.'
    });
  }
  // Nothing listed: the folder itself is ignored, say in a home directory under git. Then it is not git's to judge.
  if (answer.state === 'listed' && answer.files.length > 0) {
    return { paths: [...answer.files, ...builtModules(answer.ignored, place, context)], ruled: 'git' };
  }
  const isExcluded = (path: string): SkipRule | undefined => place.ruleFor?.(path) ?? shipIgnored(place, path, context);
  const onSkip = (rule: SkipRule, path: string): void => context.skips.add(rule, shown(place, path, context));
  return { paths: await walk(place.folder, context.signal, isExcluded, onSkip), ruled: 'plain' };
}

/**
 * Compiled extension modules ship although git ignores them: build products, without which the package does not import.
 * Everything else that git ignores is counted.
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
  const boundary = context.boundaries.find(folder => isWithin(target, folder));
  if (boundary === undefined) throw leadsOutside(shown(place, path, context), target, context);
  const info = await stat(target, { bigint: true });
  const byName = ruleForPath(relative(boundary, target), 'git');
  if (byName !== undefined) context.skips.add(byName.rule, shown(place, path, context));
  else if (place.isLinkTree && info.isFile()) return collectSource(path, target, info, place, context);
  else if (info.isFile()) return [toFile(path, target, info, place, context)];
  else if (!info.isDirectory()) context.skips.add('special-file', shown(place, path, context));
  else if ([...place.above, dirname(link)].some(folder => isWithin(folder, target)))
    context.skips.add('broken-link', shown(place, path, context));
  else return collectFolder(below(place, path, target), context);
  return [];
}

/** What a link of a link tree leads to: the person knows the source, not the link. */
function collectSource(
  path: string,
  source: string,
  info: BigIntStats,
  place: CollectedFolder,
  context: Collecting
): CodeFile[] {
  const known = relative(context.project, source);
  if (!context.shipIgnore.excludes(source)) return [toShippedFile(place.archivePrefix + path, source, known, info)];
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
  return toShippedFile(place.archivePrefix + path, sourcePath, shown(place, path, context), info);
}

/** A shipped file from what `stat` says of its bytes. */
export function toShippedFile(
  archivePath: string,
  sourcePath: string,
  displayPath: string,
  info: BigIntStats
): CodeFile {
  const { mtimeNs, ctimeNs, ino, dev } = info;
  const identity = { size: Number(info.size), mtimeNs, ctimeNs, ino, dev };
  return { archivePath, sourcePath, displayPath, executable: (info.mode & 0o111n) !== 0n, identity };
}

function leadsOutside(link: string, target: string, context: Collecting): ShipEnvError {
  return new ShipEnvError(
    'CODE_UNREADABLE',
    `${link} in ${context.name} is a link to ${target}, outside the project ${context.project}.`,
    {
      hint: 'Copy what it leads to into the project, or leave the link out with a line in .shipignore.'
    }
  );
}

function shown(place: CollectedFolder, path: string, context: Collecting): string {
  return relative(context.project, join(place.shownAs, path)) + (path.endsWith('/') ? '/' : '');
}

function trimSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
