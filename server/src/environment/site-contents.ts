import { basename, join, resolve } from 'node:path';
import type { Finding } from '../contract/snapshot.js';
import { FILE_KINDS, type FileKind, UnusableFile } from '../system/files/read.js';
import type { Candidate } from './distributions/candidate.js';
import type { SiteDirectory } from './interpreter/interpreter.js';
import { decodeText } from '../python/metadata.js';
import { compareVersions } from '../python/names.js';
import { type PthContent, parsePth } from '../python/pth.js';
import { kindAt, listDirectory, readOptional, realpathOptional } from '../memo/disk.js';
import { compareText } from '../text/compare.js';

/** A `.pth` file of a site directory. */
export interface PthFile extends PthContent {
  readonly fileName: string;
  readonly site: SiteDirectory;
}

/** A `.egg-link` of a site directory, which `setup.py develop` made. */
export interface EggLink {
  /** File name without `.egg-link`. */
  readonly name: string;
  readonly site: SiteDirectory;
  /** The folder that contains the egg-info and is on `sys.path`. */
  readonly importDirectory: string;
  /** Folder of setup.py. */
  readonly projectDirectory: string;
}

/** The top-level entries of one site directory. */
export interface SiteContents {
  readonly site: SiteDirectory;
  /** All names, sorted. */
  readonly names: readonly string[];
  /** Sorted so that the first one of each name wins. */
  readonly candidates: readonly Candidate[];
  /** In the order in which Python processes them. */
  readonly pthFiles: readonly PthFile[];
  readonly eggLinks: readonly EggLink[];
  /** Findings about files that are ignored, as Python ignores them. */
  readonly findings: readonly Finding[];
}

/** Reads the metadata with that name in a site directory; undefined when it contains no metadata. */
export type ReadCandidate = (site: SiteDirectory, metadataName: string) => Promise<Candidate | undefined>;

/**
 * Reads the site directories in the order of `sys.path`. A directory with several names (lib64 → lib) is read once. A
 * directory that a `.pth` line adds and that contains `*.dist-info` is a site directory too, because Python finds these
 * distributions; so are the `.egg` directories of easy_install.
 */
export async function readSites(
  sites: readonly SiteDirectory[],
  readCandidate: ReadCandidate,
  signal: AbortSignal
): Promise<SiteContents[]> {
  const seen = new Set<string>();
  const found: SiteContents[] = [];
  const waiting = [...sites];
  for (let site = waiting.shift(); site !== undefined; site = waiting.shift()) {
    signal.throwIfAborted();
    const real = await realpathOptional(site.path);
    if (real === undefined || seen.has(real)) continue;
    seen.add(real);
    const contents = await readSite(site, readCandidate);
    found.push(contents);
    waiting.push(...(await furtherSites(contents)));
  }
  // In each layer the directories of the interpreter come first, because a .pth file appends to sys.path.
  return [
    ...found.filter(each => each.site.layer === 'environment'),
    ...found.filter(each => each.site.layer === 'base')
  ];
}

async function readSite(site: SiteDirectory, readCandidate: ReadCandidate): Promise<SiteContents> {
  const names = (await listDirectory(site.path)).map(entry => entry.name);
  // pip renames a distribution to `~name` before it removes it; Python and pip ignore such leftovers.
  const metadataNames = names.filter(name => /\.(?:dist|egg)-info$|^EGG-INFO$/.test(name) && !name.startsWith('~'));
  const candidates = await Promise.all(metadataNames.map(name => readCandidate(site, name)));
  const pthNames = names.filter(name => name.endsWith('.pth') && !name.startsWith('.'));
  const linkNames = names.filter(name => name.endsWith('.egg-link'));
  const findings: Finding[] = [];
  const [pthFiles, eggLinks] = await Promise.all([
    Promise.all(pthNames.map(name => readPth(site, name, findings))),
    Promise.all(linkNames.map(name => readEggLink(site, name, findings)))
  ]);
  return {
    site,
    names,
    candidates: candidates.filter(candidate => candidate !== undefined).sort(byPrecedence),
    pthFiles: pthFiles.filter(file => file !== undefined),
    eggLinks: eggLinks.filter(link => link !== undefined),
    findings
  };
}

/** Two distributions of one name in a directory are leftovers of an interrupted upgrade. The newer form and version counts. */
function byPrecedence(left: Candidate, right: Candidate): number {
  return (
    // Versions are compared only for equal names, because the first comparison takes 10 ms.
    compareText(left.normalizedName, right.normalizedName) ||
    compareText(left.metadataKind, right.metadataKind) ||
    compareVersions(right.version, left.version) ||
    compareText(left.metadataName, right.metadataName)
  );
}

/** Reads a file that Python does not need. A file that cannot be used gives a finding and does not stop the ship. */
async function readStray(path: string, kind: FileKind, findings: Finding[]): Promise<Buffer | undefined> {
  try {
    return await readOptional(path, kind);
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    findings.push(ignored(path, error.found));
    return undefined;
  }
}

function ignored(path: string, found: string): Finding {
  return {
    kind: 'unusable-file',
    subject: basename(path),
    message: `${path} was ignored: ${found}. Remove it if it is not needed.`
  };
}

async function readPth(site: SiteDirectory, fileName: string, findings: Finding[]): Promise<PthFile | undefined> {
  const bytes = await readStray(join(site.path, fileName), FILE_KINDS.pth, findings);
  return bytes === undefined ? undefined : { fileName, site, ...parsePth(bytes) };
}

async function readEggLink(site: SiteDirectory, fileName: string, findings: Finding[]): Promise<EggLink | undefined> {
  const bytes = await readStray(join(site.path, fileName), FILE_KINDS.eggLink, findings);
  const [path = '', back = '.'] =
    bytes === undefined
      ? []
      : decodeText(bytes)
          .split(/\r\n|\n|\r/)
          .map(line => line.trim());
  if (path === '') return undefined;
  const importDirectory = resolve(site.path, path);
  const kind = await kindAt(importDirectory);
  if (kind === 'file' || kind === 'other') {
    findings.push(ignored(join(site.path, fileName), `it leads to ${importDirectory}, which is not a folder`));
    return undefined;
  }
  return {
    name: basename(fileName, '.egg-link'),
    site,
    importDirectory,
    projectDirectory: resolve(importDirectory, back === '' ? '.' : back)
  };
}

async function furtherSites({ site, names, candidates, pthFiles }: SiteContents): Promise<SiteDirectory[]> {
  const further: SiteDirectory[] = [];
  for (const name of names.filter(each => each.endsWith('.egg'))) {
    const path = join(site.path, name);
    if ((await kindAt(path)) === 'directory') further.push({ path, prefix: site.prefix, layer: site.layer });
  }
  const owned = new Set(candidates.flatMap(candidate => candidate.listed?.pthFiles ?? []));
  for (const file of pthFiles.filter(each => !owned.has(each.fileName))) {
    for (const line of file.paths) {
      const path = resolve(site.path, line);
      const isSite = (await listDirectory(path)).some(entry => entry.name.endsWith('.dist-info'));
      if (isSite) further.push({ path, prefix: prefixOf(path), layer: site.layer });
    }
  }
  return further;
}

/** `<prefix>/lib/python3.11/site-packages` → `<prefix>`; any other directory is its own prefix. */
function prefixOf(path: string): string {
  return /^(.+)\/lib(?:64)?\/python[^/]+\/(?:site|dist)-packages$/.exec(path)?.[1] ?? path;
}
