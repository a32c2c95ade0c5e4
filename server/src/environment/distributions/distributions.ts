import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Cache } from '../../system/cache/cache.js';
import type { Distribution, DistributionFile, Finding, Interpreter } from '../../contract/snapshot.js';
import type { Candidate, Metadata } from './candidate.js';
import { type ListedFile, listFiles, refused } from './distribution-files.js';
import { HashStore } from './hash-store.js';
import { type FoundFile, identifyFiles } from './identity.js';
import type { DistributionFacts, LazyDistribution } from '../lazy.js';
import { noteLooks } from '../../memo/looks.js';
import { isCompiledExtension } from '../../python/names.js';
import type { Owners } from './owners.js';
import { PackedFiles } from './packed-files.js';
import type { Identified, KnownDistribution, KnownDistributions } from '../known-distributions.js';
import { Disk } from '../../system/files/stat-files.js';
import { findSuspects } from './suspects.js';
import { compareText } from '../../text/compare.js';

/** The most findings of one kind for a distribution. More would say the same again and hide other findings. */
const FINDINGS_EACH = 10;

/** What {@link identifyDistributions} needs. */
interface Context {
  readonly interpreter: Interpreter;
  readonly known: KnownDistributions;
  readonly owners: Owners;
  readonly cache: Cache;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Reads a known distribution again when its files are needed. */
type WholeOf = (facts: DistributionFacts) => Promise<Distribution>;

/** Distributions with the identity of every file that ships, and the findings about them. */
export interface IdentifiedDistributions {
  readonly distributions: LazyDistribution[];
  readonly findings: Finding[];
}

/**
 * Lists and identifies the files of distributions, unless they are known.
 *
 * @param chosen - one distribution for each name
 */
export async function identifyDistributions(
  chosen: readonly Candidate[],
  context: Context,
  wholeOf: WholeOf
): Promise<IdentifiedDistributions> {
  const { known, owners, interpreter } = context;
  known.choose(chosen);
  const fresh = await identify(
    chosen.filter(candidate => known.identified(candidate) === undefined),
    context
  );
  const distributions: LazyDistribution[] = [];
  const findings: Finding[] = [];
  for (const candidate of chosen) {
    const found = known.identified(candidate);
    if (found === undefined) continue;
    const facts = factsOf(candidate, found, interpreter);
    distributions.push(lazily(facts, found.state, { files: fresh.get(candidate), wholeOf }));
    findings.push(...found.findings, ...(await patchedFiles(candidate, found, owners)));
  }
  return { distributions, findings };
}

/** The distributions of an environment that is known as a whole, sorted by normalized name. */
export function knownDistributions(
  known: readonly KnownDistribution[],
  interpreter: Interpreter,
  wholeOf: WholeOf
): LazyDistribution[] {
  const distributions = known.flatMap(({ metadata, identified: found }) => {
    if (found === undefined) return [];
    const facts = factsOf(metadata, found, interpreter);
    return [lazily(facts, found.state, { wholeOf })];
  });
  return distributions.sort((left, right) => compareText(left.normalizedName, right.normalizedName));
}

/**
 * A distribution that returns the given files once and then reads them again. It is a function of its own so that its closure
 * keeps nothing else of the environment in memory.
 */
function lazily(
  facts: DistributionFacts,
  state: string,
  { files, wholeOf }: { files?: PackedFiles | undefined; wholeOf: WholeOf }
): LazyDistribution {
  let kept = files;
  const whole = async (): Promise<Distribution> => {
    const given = kept;
    kept = undefined;
    return given === undefined ? wholeOf(facts) : { ...facts, files: given.unpack() };
  };
  return { ...facts, state, whole };
}

/**
 * Identifies files, one distribution after the other: the files of all of them would take hundreds of megabytes.
 *
 * @returns the files that each distribution ships, sorted by path
 */
async function identify(
  candidates: readonly Candidate[],
  { known, owners, cache, signal, onProgress }: Context
): Promise<ReadonlyMap<Candidate, PackedFiles>> {
  const found = new Map<Candidate, PackedFiles>();
  const disk = new Disk();
  let before = 0;
  // The number of listed files; how many of them ship is known later.
  let behind = candidates.reduce((sum, { listed }) => sum + (listed?.entryCount ?? 0), 0);
  for (const candidate of candidates) {
    signal.throwIfAborted();
    const looks = known.startLooks(candidate);
    const { files: listed, findings } = await noteLooks(looks, () => listFiles(candidate, owners));
    behind -= candidate.listed?.entryCount ?? 0;
    const store = new HashStore(cache, join(candidate.site.path, candidate.normalizedName));
    const foundFiles = await identifyFiles(listed, store, {
      disk,
      signal,
      onLook: (own, target, index) => looks.addFile(listed[index]?.absolute ?? '', own, target),
      onProgress: (done, total) => onProgress?.(before + done, before + total + behind)
    });
    await store.save();
    before += listed.length;
    const { files, changes, patched } = judge(candidate, listed, foundFiles);
    const { suspects, findings: aboutLinks } = await findSuspects(candidate, listed, foundFiles, signal);
    const isPure = !files.some(file => isCompiledExtension(file.path));
    const all = [...findings, ...changes, ...aboutLinks];
    known.set(candidate, { state: randomUUID(), isPure, findings: all, suspects, patched }, looks);
    found.set(candidate, new PackedFiles(files));
  }
  return found;
}

function judge(
  candidate: Candidate,
  listed: readonly ListedFile[],
  foundFiles: readonly FoundFile[]
): { files: DistributionFile[]; changes: Finding[]; patched: Few } {
  const files: DistributionFile[] = [];
  const patched: string[] = [];
  const missing: string[] = [];
  const changes: Finding[] = [];
  listed.forEach((file, index) => {
    const found = foundFiles[index] ?? { kind: 'missing' };
    if (found.kind === 'missing') missing.push(file.path);
    if (found.kind === 'special') changes.push(refused(candidate, file.path, 'is a device, pipe or socket'));
    if (found.kind !== 'file') return;
    const { size, sha256, executable } = found;
    files.push({ path: file.path, size, sha256, executable });
    if (file.sha256 !== undefined && file.sha256 !== sha256) patched.push(file.path);
  });
  changes.push(...missingFiles(candidate, few(missing)));
  return { files: files.sort((left, right) => compareText(left.path, right.path)), changes, patched: few(patched) };
}

/** The first few of many paths. */
type Few = Identified['patched'];

function few(paths: readonly string[]): Few {
  const sorted = [...paths].sort(compareText);
  return { paths: sorted.slice(0, FINDINGS_EACH), more: Math.max(0, sorted.length - FINDINGS_EACH) };
}

function missingFiles({ name, version }: Candidate, { paths, more }: Few): Finding[] {
  const findings = paths.map((path): Finding => {
    const message = `${path} of ${name} ${version} is gone. The cluster will not have it either.`;
    return { kind: 'missing-file', subject: path, message };
  });
  return withRest(findings, more);
}

async function patchedFiles(candidate: Candidate, { patched }: Identified, owners: Owners): Promise<Finding[]> {
  const { name, version, site } = candidate;
  const findings: Finding[] = [];
  for (const path of patched.paths) {
    const others = await owners.othersThatList(`${site.path}/${path}`, candidate);
    const by = others.length === 0 ? '' : `, and ${others.join(', ')} lists it too`;
    const message = `${path} of ${name} ${version} differs from what was installed${by}. It ships as it is now.`;
    findings.push({ kind: 'patched-file', subject: path, message });
  }
  return withRest(findings, patched.more);
}

function withRest(findings: Finding[], more: number): Finding[] {
  const last = findings.at(-1);
  if (last !== undefined && more > 0) last.message += ` The same holds for ${more} more of its files.`;
  return findings;
}

/** A distribution without its files. */
export function factsOf(
  candidate: Metadata,
  { isPure, suspects }: Pick<Identified, 'isPure' | 'suspects'>,
  { pythonTag, abiTag, platformTag }: Interpreter
): DistributionFacts {
  const origin = candidate.directUrl?.editable === false ? candidate.directUrl.origin : undefined;
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
    suspects: [...suspects],
    ...(origin === undefined ? {} : { origin })
  };
}
