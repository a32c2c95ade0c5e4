import type { Distribution, DistributionFile, Finding, Interpreter } from '../contract/snapshot.js';
import type { Candidate } from './candidate.js';
import { type FileListing, type ListedFile, listFiles, refused } from './distribution-files.js';
import type { HashStore } from './hash-store.js';
import { type FileState, identifyFiles } from './identity.js';
import { compareText, isCompiledExtension } from './names.js';

/** More than these say the same again, and would hide the other findings. */
const FINDINGS_EACH = 10;

/** Who lists each file of a site directory, by absolute path. */
export type Owners = ReadonlyMap<string, readonly string[]>;

/** Distributions with the identity of every file that ships, and what was found on the way. */
export interface IdentifiedDistributions {
  readonly distributions: Distribution[];
  readonly findings: Finding[];
}

/**
 * Lists and identifies the files of distributions.
 *
 * @param everyone - all distributions with a list of files, also those that do not count
 */
export async function identifyDistributions(
  chosen: readonly Candidate[],
  everyone: readonly Candidate[],
  context: {
    interpreter: Interpreter;
    store: HashStore;
    signal: AbortSignal;
    onProgress?: (done: number, total: number) => void;
  }
): Promise<IdentifiedDistributions & { readonly owners: Owners }> {
  const owners = ownersOf(everyone);
  const listings: { candidate: Candidate; listing: FileListing }[] = [];
  for (const candidate of chosen) {
    context.signal.throwIfAborted();
    const listing = await listFiles(candidate, path => owners.has(`${candidate.site.path}/${path}`));
    if (candidate.record === undefined) {
      for (const file of listing.files) owners.set(`${candidate.site.path}/${file.path}`, [candidate.name]);
    }
    listings.push({ candidate, listing });
  }
  const claims = listings.flatMap(({ listing }) => listing.files);
  const states = await identifyFiles(claims, context.store, context);
  const distributions: Distribution[] = [];
  const findings: Finding[] = [];
  let start = 0;
  for (const { candidate, listing } of listings) {
    const own = states.slice(start, (start += listing.files.length));
    const { files, changes } = judge(candidate, listing.files, own, owners);
    distributions.push(toDistribution(candidate, files, context.interpreter));
    findings.push(...listing.findings, ...changes);
  }
  return { distributions, findings, owners };
}

function ownersOf(candidates: readonly Candidate[]): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const { name, site, record } of candidates) {
    for (const entry of record?.entries ?? []) {
      const path = `${site.path}/${entry.path}`;
      const others = owners.get(path);
      if (others === undefined) owners.set(path, [name]);
      else others.push(name);
    }
  }
  return owners;
}

function judge(
  candidate: Candidate,
  listed: readonly ListedFile[],
  states: readonly FileState[],
  owners: Owners
): { files: DistributionFile[]; changes: Finding[] } {
  const files: DistributionFile[] = [];
  const patched: string[] = [];
  const missing: string[] = [];
  const changes: Finding[] = [];
  listed.forEach((file, index) => {
    const state = states[index] ?? { kind: 'missing' };
    if (state.kind === 'missing') missing.push(file.path);
    if (state.kind === 'special') changes.push(refused(candidate, file.path, 'is a device, pipe or socket'));
    if (state.kind !== 'file') return;
    const { size, sha256, executable } = state;
    files.push({ path: file.path, size, sha256, executable });
    if (file.sha256 !== undefined && file.sha256 !== sha256) patched.push(file.path);
  });
  const about = `${candidate.name} ${candidate.version}`;
  changes.push(
    ...some('patched-file', patched, path => {
      const others = (owners.get(`${candidate.site.path}/${path}`) ?? []).filter(name => name !== candidate.name);
      const by = others.length === 0 ? '' : `, and ${others.join(', ')} lists it too`;
      return `${path} of ${about} differs from what was installed${by}. It ships as it is now.`;
    }),
    ...some('missing-file', missing, path => `${path} of ${about} is gone. The cluster will not have it either.`)
  );
  return { files: files.sort((left, right) => compareText(left.path, right.path)), changes };
}

function some(kind: Finding['kind'], paths: readonly string[], say: (path: string) => string): Finding[] {
  const sorted = [...paths].sort(compareText);
  const findings = sorted.slice(0, FINDINGS_EACH).map(path => ({ kind, subject: path, message: say(path) }));
  const last = findings.at(-1);
  const more = sorted.length - findings.length;
  if (last !== undefined && more > 0) last.message += ` So do ${more} more of its files.`;
  return findings;
}

function toDistribution(candidate: Candidate, files: DistributionFile[], interpreter: Interpreter): Distribution {
  const origin = candidate.directUrl?.editable === false ? candidate.directUrl.origin : undefined;
  const isPure = !files.some(file => isCompiledExtension(file.path));
  const { pythonTag, abiTag, platformTag } = interpreter;
  const wheel = candidate.wheel ?? {
    tags: [isPure ? 'py3-none-any' : `${pythonTag}-${abiTag}-${platformTag}`],
    rootIsPurelib: isPure
  };
  return {
    name: candidate.name,
    normalizedName: candidate.normalizedName,
    version: candidate.version,
    metadataKind: candidate.metadataKind,
    location: candidate.site.path,
    metadataName: candidate.metadataName,
    layer: candidate.site.layer,
    tags: wheel.tags,
    rootIsPurelib: wheel.rootIsPurelib,
    requires: candidate.requires,
    ...(origin === undefined ? {} : { origin }),
    files
  };
}
