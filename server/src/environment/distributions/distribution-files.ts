import { join, relative, resolve, sep } from 'node:path';
import type { Finding } from '../../contract/snapshot.js';
import { isWithin } from '../../system/files/within.js';
import type { Candidate } from './candidate.js';
import type { FileClaim } from './identity.js';
import { isCompiledExtension, isIdentifier } from '../../python/names.js';
import type { Owners } from './owners.js';
import { kindAt, walkFiles } from '../../memo/disk.js';

/** A file that a distribution ships, to be identified. */
export interface ListedFile extends FileClaim {
  /** Relative to the site directory, `/`-separated. */
  readonly path: string;
}

/** The files of a distribution, and the findings about its list. */
export interface FileListing {
  readonly files: ListedFile[];
  readonly findings: Finding[];
}

/**
 * Files of the installer and of this machine, and signatures that a changed RECORD invalidates. RECORD itself is generated
 * for each place to which the files go.
 */
const NOTES = new Set([
  'RECORD',
  'RECORD.jws',
  'RECORD.p7s',
  'INSTALLER',
  'REQUESTED',
  'direct_url.json',
  'uv_cache.json',
  'uv_build.json'
]);

/**
 * The files of a distribution: those of RECORD or installed-files.txt. Without either, the files below its top-level names
 * that belong to no other distribution.
 *
 * @param owners - used only when there is no list
 */
export async function listFiles(candidate: Candidate, owners: Owners): Promise<FileListing> {
  const list = await candidate.fileList();
  if (list === undefined) return walkTopLevels(candidate, owners);
  const { entries, times } = list;
  const findings: Finding[] = [];
  const files = new Map<string, ListedFile>();
  for (const entry of entries) {
    const located = locate(candidate, entry.path);
    if (located === undefined) {
      findings.push(refused(candidate, entry.path, 'lies outside of the environment'));
      continue;
    }
    files.set(located.path, {
      ...located,
      ...(entry.sha256 === undefined ? {} : { sha256: entry.sha256 }),
      ...(entry.size === undefined ? {} : { size: entry.size }),
      ...(times === undefined ? {} : { recordTimes: times })
    });
  }
  if (times === undefined) await addMetadataFiles(candidate, files);
  return { files: [...files.values()].filter(file => ships(file.path, candidate, files)), findings };
}

/** A finding about a listed file that is left out. */
export function refused(candidate: Candidate, path: string, why: string): Finding {
  return {
    kind: 'refused-file',
    subject: path,
    message: `${candidate.name} ${candidate.version} lists ${path}, which ${why}. It does not ship.`
  };
}

/** The plain form of a listed path; undefined when it leads out of the installation prefix. */
function locate({ site }: Candidate, listed: string): { path: string; absolute: string } | undefined {
  // Nearly every path has its plain form already; to normalize tens of thousands takes longer than their stats.
  if (!/^\/|(?:^|\/)\.{0,2}(?:\/|$)/.test(listed)) return { path: listed, absolute: `${site.path}/${listed}` };
  const absolute = resolve(site.path, listed);
  if (absolute === site.prefix || !isWithin(absolute, site.prefix)) return undefined;
  return { path: relative(site.path, absolute).split(sep).join('/'), absolute };
}

/** Adds the metadata itself, which installed-files.txt may omit. */
async function addMetadataFiles(candidate: Candidate, files: Map<string, ListedFile>): Promise<void> {
  for (const path of await metadataFiles(candidate)) {
    if (!files.has(path)) files.set(path, { path, absolute: join(candidate.site.path, path) });
  }
}

function ships(path: string, candidate: Candidate, all: ReadonlyMap<string, unknown>): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // virtualenv's RECORD lists cache folders, and caches beside their sources, where they do not exist.
  if (name === '__pycache__' || /\.[a-z]+-\d\w*(?:\.opt-\d)?\.py[co]$/.test(name)) return false;
  if (path === `${candidate.metadataName}/${name}`) return !NOTES.has(name);
  if (path.includes('__pycache__/')) return !/\.py[co]$/.test(name);
  // A .pyc file without its source is the module itself: some vendors ship only these.
  return !/\.py[co]$/.test(name) || !all.has(path.replace(/c$|o$/, ''));
}

async function walkTopLevels(candidate: Candidate, owners: Owners): Promise<FileListing> {
  const absolute = (path: string): string => `${candidate.site.path}/${path}`;
  const paths = new Set(await metadataFiles(candidate));
  for (const name of topLevelNames(candidate)) {
    for (const path of await filesOfTopLevel(candidate.site.path, name)) {
      if (!(await owners.has(absolute(path)))) paths.add(path);
    }
  }
  const all = new Map([...paths].map(path => [path, { path, absolute: absolute(path) }]));
  const files = [...all.values()].filter(file => ships(file.path, candidate, all));
  owners.give(files.map(file => file.absolute));
  const what = candidate.metadataKind === 'dist-info' ? 'RECORD' : 'list of its files';
  const finding: Finding = {
    kind: 'missing-record',
    subject: candidate.name,
    message: `${candidate.name} ${candidate.version} has no ${what}. Its files were found by its top-level names and could not be checked.`
  };
  return { files, findings: [finding] };
}

async function metadataFiles({ site, metadataName }: Candidate): Promise<string[]> {
  const path = join(site.path, metadataName);
  if ((await kindAt(path)) === 'file') return [metadataName];
  const found: string[] = [];
  for await (const below of walkFiles(path, () => true)) found.push(`${metadataName}/${below}`);
  return found;
}

function topLevelNames({ name, topLevels }: Candidate): string[] {
  if (topLevels.length > 0) return topLevels.filter(each => each.split('/').every(isIdentifier));
  return [...new Set([name, name.toLowerCase()].map(each => each.replace(/[-.]+/g, '_')))];
}

/** The files of the package, module or extension with that name, as `import` would find them. */
async function filesOfTopLevel(site: string, name: string): Promise<string[]> {
  const found: string[] = [];
  for await (const below of walkFiles(join(site, name), each => each !== '__pycache__')) found.push(`${name}/${below}`);
  const isModule = (each: string): boolean =>
    each === `${name}.py` || each === `${name}.pyc` || (each.startsWith(`${name}.`) && isCompiledExtension(each));
  for await (const each of walkFiles(site, () => false)) {
    if (isModule(each)) found.push(each);
  }
  return found;
}
