import pLimit from 'p-limit';
import type { Finding, Interpreter } from '../../contract/snapshot.js';
import { environmentChanged } from '../../snapshot/lazy.js';
import { compareText, normalizeName } from '../../snapshot/names.js';
import { artifactId } from '../artifact-id.js';
import { missingDependencies } from '../dependencies.js';
import { PackedSegment } from '../packed-segment.js';
import type { ArtifactPlan, LazySegment, PlannedSegment, Plannable, PlanOptions, SegmentOutline } from '../types.js';
import { pexInfoOf } from './pex-info.js';
import { planSegment } from './segment-plan.js';

/** Changes with everything that gives other bytes for the same plan: header, order, records. */
const FORMAT_VERSION = 2;

/** Executors get these from the cluster; shipping them would triple the artifact. */
const SPARK = ['py4j', 'pyspark'];

/** Distributions whose scripts are read at a time. */
const PARALLEL_READS = 8;

/** Plans a PEX; see `planArtifact`. */
export async function planPex(snapshot: Plannable, options: PlanOptions): Promise<ArtifactPlan> {
  const { seed } = options;
  const { interpreter } = snapshot;
  const excluded = excludedNames(snapshot, options);
  const shipped = snapshot.distributions.filter(({ normalizedName }) => !excluded.has(normalizedName));
  const ranks = ranksOf(shipped, interpreter);
  const limit = pLimit(PARALLEL_READS);
  const planned = await Promise.all(
    shipped.map(distribution => limit(() => planLazily(distribution, interpreter, options)))
  );
  const segments = planned
    .map(({ segment }, index) => ({ ...segment, rank: ranks[index] ?? 0 }))
    .sort((a, b) => b.bytes - a.bytes || compareText(a.wheel, b.wheel));
  const names = [...excluded].sort(compareText);
  const { text: pexInfo, pexHash } = pexInfoOf(seed, segments, names);
  const sparkVersion = snapshot.distributions.find(({ normalizedName }) => normalizedName === 'pyspark')?.version;
  const { implementation, minor, pythonTag, abiTag, platformTag } = interpreter;
  // PEX-INFO names each segment's key, so this covers every byte that ships; the ranks are in the artifact's index.
  const identity = [
    FORMAT_VERSION,
    seed.hash,
    implementation,
    minor,
    pythonTag,
    abiTag,
    platformTag,
    sparkVersion ?? null,
    pexInfo,
    segments.map(({ rank }) => rank)
  ];
  const id = artifactId(identity);
  const findings: Finding[] = [
    ...planned.flatMap(plan => plan.findings),
    ...missingDependencies(snapshot, excluded),
    ...unmatchedExcludes(snapshot, options.excludes)
  ];
  return {
    id,
    name: `${id}.pex`,
    format: 'pex',
    interpreter,
    segments,
    excluded: names,
    sparkVersion,
    pexInfo,
    pexHash,
    seed,
    findings
  };
}

/** The segment of a distribution; of one that was planned before no file is looked at. */
async function planLazily(
  distribution: Plannable['distributions'][number],
  interpreter: Interpreter,
  { memory, signal }: Pick<PlanOptions, 'memory' | 'signal'>
): Promise<{ segment: Omit<LazySegment, 'rank'>; findings: readonly Finding[] }> {
  const state = 'state' in distribution ? distribution.state : undefined;
  const known = state === undefined ? undefined : memory?.get(state);
  const plan = async (): ReturnType<typeof planSegment> =>
    planSegment('files' in distribution ? distribution : await distribution.whole(), interpreter, signal);
  const again = async ({ key }: SegmentOutline): Promise<PlannedSegment> => {
    const { segment } = await plan();
    if (segment.key !== key) throw environmentChanged();
    return segment;
  };
  if (known !== undefined) {
    const { outline, findings } = known;
    return { segment: { ...outline, whole: () => again(outline) }, findings };
  }
  const { segment, findings } = await plan();
  const { entries: _entries, modules: _modules, ...outline } = segment;
  if (state !== undefined) memory?.set(state, { outline, findings });
  let kept: PackedSegment | undefined = new PackedSegment(segment, distribution.location);
  // Given once, to who compresses it: then it is in the cache. What was damaged there is planned again.
  const whole = async (): Promise<PlannedSegment> => {
    const given = kept;
    kept = undefined;
    return given?.unpack() ?? again(outline);
  };
  return { segment: { ...outline, whole }, findings };
}

/**
 * The place of each distribution's site directory on `sys.path`, counted among those of the distributions that ship: an
 * environment that stands on a base of which nothing ships is the same as one that stands on none.
 */
function ranksOf(shipped: Plannable['distributions'], { siteDirectories }: Interpreter): number[] {
  const used = new Set(shipped.map(({ location }) => location));
  const order = siteDirectories.map(({ path }) => path).filter(path => used.has(path));
  return shipped.map(({ location }) => Math.max(0, order.indexOf(location)));
}

/** What stays home: Spark unless asked for, the editables (they travel as code archives), and what the person named. */
export function excludedNames(
  snapshot: Plannable,
  { excludes, includeSpark }: Pick<PlanOptions, 'excludes' | 'includeSpark'>
): Set<string> {
  const installed = installedNames(snapshot);
  return new Set([
    ...(includeSpark ? [] : SPARK),
    ...snapshot.editables.map(({ normalizedName }) => normalizedName),
    // What is not there cannot stay home: the artifact would differ in its name only.
    ...excludes.map(name => normalizeName(name.trim())).filter(name => installed.has(name))
  ]);
}

function unmatchedExcludes(snapshot: Plannable, excludes: readonly string[]): Finding[] {
  const installed = installedNames(snapshot);
  return excludes
    .map(name => name.trim())
    .filter(name => name !== '' && !installed.has(normalizeName(name)))
    .map(name => ({
      kind: 'unmatched-exclude',
      subject: name,
      message: `${name} was to stay home, but no distribution has this name.`
    }));
}

function installedNames({ distributions, editables }: Plannable): Set<string> {
  return new Set([...distributions, ...editables].map(({ normalizedName }) => normalizedName));
}
