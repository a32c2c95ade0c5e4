import { stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type DirectUrl, parseDirectUrl } from '../../python/direct-url.js';
import { FILE_KINDS, type FileKind } from '../../system/files/read.js';
import type { RecordTimes } from './identity.js';
import type { SiteDirectory } from '../interpreter/interpreter.js';
import { type Headers, decodeText, parseHeaders, requirementsFromEggInfo } from '../../python/metadata.js';
import { normalizeName } from '../../python/names.js';
import { kindAt, readOptional } from '../../memo/disk.js';
import { type RecordEntry, parseRecord } from '../../python/record.js';

/** The metadata of a distribution, without the list of its files. */
export interface Metadata {
  readonly name: string;
  readonly normalizedName: string;
  readonly version: string;
  readonly metadataKind: 'dist-info' | 'egg-info';
  readonly metadataName: string;
  readonly site: SiteDirectory;
  readonly requires: string[];
  /** Fields of WHEEL; undefined when there is no WHEEL. */
  readonly wheel: { readonly tags: string[]; readonly rootIsPurelib: boolean } | undefined;
  readonly directUrl: DirectUrl | undefined;
  /** Undefined when the distribution has no list of its files. */
  readonly listed: ListedNames | undefined;
  /** Lines of top_level.txt. */
  readonly topLevels: string[];
}

/** A summary of a list of files. */
interface ListedNames {
  /** The first part of each path, without repeats, in the order of the list. */
  readonly topLevels: readonly string[];
  /** The groups ({@link groupOf}) of the files that lie outside of the site directory. */
  readonly outside: readonly string[];
  readonly pthFiles: readonly string[];
  readonly entryCount: number;
}

/** A distribution as its metadata describes it, before it is known which of several with the same name counts. */
export interface Candidate extends Metadata {
  /** Reads the list of its files. The list is not kept in memory. Undefined when there is none. */
  readonly fileList: () => Promise<FileList | undefined>;
}

/** The files of a distribution, paths relative to the site directory. */
export interface FileList {
  readonly entries: RecordEntry[];
  /** Times of RECORD; present when `entries` have hashes that these times can vouch for. */
  readonly times?: RecordTimes;
}

type ParseList = () => FileList | undefined;

/**
 * Reads one `*.dist-info` directory, or `*.egg-info` directory or file.
 *
 * @returns undefined when it contains no metadata; Python does not see a distribution there either
 */
export async function readCandidate(site: SiteDirectory, metadataName: string): Promise<Candidate | undefined> {
  const path = join(site.path, metadataName);
  const isDistInfo = metadataName.endsWith('.dist-info');
  const isFile = (await kindAt(path)) === 'file';
  const read = (name: string, kind: FileKind): Promise<Buffer | undefined> =>
    isFile ? Promise.resolve(undefined) : readOptional(join(path, name), kind);
  const { metadata: kind } = FILE_KINDS;
  const text = isFile ? await readOptional(path, kind) : await read(isDistInfo ? 'METADATA' : 'PKG-INFO', kind);
  if (text === undefined) return undefined;
  const [wheel, directUrl, topLevel, requiresText, parseList] = await Promise.all([
    read('WHEEL', FILE_KINDS.wheel),
    read('direct_url.json', FILE_KINDS.directUrl),
    read('top_level.txt', FILE_KINDS.topLevel),
    isDistInfo ? undefined : read('requires.txt', FILE_KINDS.requires),
    isFile ? undefined : readFileList(site, metadataName)
  ]);
  const fileList = parseList?.();
  const headers = parseHeaders(text);
  const [stemName = '', stemVersion = ''] = metadataName.replace(/\.(?:dist|egg)-info$/, '').split('-');
  const name = headers.first('Name') || stemName;
  const requires = headers.all('Requires-Dist');
  return {
    name,
    normalizedName: normalizeName(name),
    version: headers.first('Version') || stemVersion,
    metadataKind: isDistInfo ? 'dist-info' : 'egg-info',
    metadataName,
    site,
    requires:
      requires.length > 0 || requiresText === undefined ? requires : requirementsFromEggInfo(decodeText(requiresText)),
    wheel: wheel === undefined ? undefined : wheelFrom(parseHeaders(wheel)),
    directUrl: directUrl === undefined ? undefined : parseDirectUrl(decodeText(directUrl)),
    listed: fileList === undefined ? undefined : namesIn(fileList),
    topLevels: topLevel === undefined ? [] : linesOf(decodeText(topLevel)),
    // Parsed again at each call, because the entries would take several times the memory of the bytes.
    fileList: () => Promise.resolve(parseList?.())
  };
}

/** A candidate from metadata that is known already. */
export function candidateOf(known: Metadata): Candidate {
  return { ...known, fileList: async () => (await readFileList(known.site, known.metadataName))?.() };
}

function wheelFrom(headers: Headers): Metadata['wheel'] {
  const tags = headers.all('Tag');
  return {
    tags: tags.length === 0 ? ['py3-none-any'] : tags,
    rootIsPurelib: headers.first('Root-Is-Purelib').toLowerCase() !== 'false'
  };
}

function namesIn({ entries }: FileList): ListedNames {
  const topLevels = new Set<string>();
  const outside = new Set<string>();
  const pthFiles: string[] = [];
  for (const { path } of entries) {
    topLevels.add(topLevelOf(path));
    if (path.startsWith('../')) outside.add(groupOf(path));
    if (path.endsWith('.pth')) pthFiles.push(path);
  }
  return {
    topLevels: copiesOf(topLevels),
    outside: copiesOf(outside),
    pthFiles: copiesOf(pthFiles),
    entryCount: entries.length
  };
}

function topLevelOf(path: string): string {
  const end = path.indexOf('/');
  return end === -1 ? path : path.slice(0, end);
}

/**
 * The group of a file: two distributions can share a file only when they share its group. The group of a module is its
 * top-level name, that of a data file is its folder. A script is its own group, because nearly all scripts are in one folder.
 *
 * @param path - relative to the site directory
 */
export function groupOf(path: string): string {
  if (!path.startsWith('../')) return topLevelOf(path);
  const folder = posix.dirname(path);
  return posix.basename(folder) === 'bin' ? path : folder;
}

/** A slice of a string keeps the whole string in memory; a copy does not. */
function copiesOf(texts: Iterable<string>): string[] {
  return Array.from(texts, text => Buffer.from(text).toString());
}

/** @returns a function that parses the list, which can be called several times; undefined when there is no list */
function readFileList(site: SiteDirectory, metadataName: string): Promise<ParseList | undefined> {
  const path = join(site.path, metadataName);
  return metadataName.endsWith('.dist-info') ? readRecord(path) : readInstalledFiles(path, metadataName);
}

async function readRecord(metadataPath: string): Promise<ParseList | undefined> {
  const path = join(metadataPath, 'RECORD');
  const bytes = await readOptional(path, FILE_KINDS.fileList);
  if (bytes === undefined) return undefined;
  const { mtimeMs, ctimeMs } = await stat(path);
  return () => {
    const entries = parseRecord(decodeText(bytes));
    // conda and some system packages leave an empty RECORD.
    return entries.length === 0 ? undefined : { entries, times: { mtimeMs, ctimeMs } };
  };
}

/** pip's list for legacy installations: paths relative to the egg-info directory itself. */
async function readInstalledFiles(metadataPath: string, metadataName: string): Promise<ParseList | undefined> {
  const bytes = await readOptional(join(metadataPath, 'installed-files.txt'), FILE_KINDS.fileList);
  if (bytes === undefined) return undefined;
  return () => ({ entries: linesOf(decodeText(bytes)).map(line => ({ path: posix.join(metadataName, line) })) });
}

function linesOf(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map(line => line.trim())
    .filter(line => line !== '');
}
