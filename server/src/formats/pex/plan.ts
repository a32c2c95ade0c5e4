import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import type { Finding, Interpreter } from '../../contract/snapshot.js';
import { environmentChanged } from '../../environment/lazy.js';
import { compareText, normalizeName } from '../../python/names.js';
import { artifactId, type ArtifactIdentity } from './artifact-id.js';
import { missingDependencies } from '../../content/dependencies.js';
import { PackedSegment } from '../../content/segments/packed-segment.js';
import type { ArtifactPlan, LazySegment, PlannedSegment, Plannable, PlanOptions, SegmentOutline } from '../types.js';
import { shippedDistributions, stayHome } from '../../content/stay-home.js';
import { CompiledModules } from '../../content/segments/compile/compiled-modules.js';
import { headOf } from './head.js';
import { pexInfoOf } from './pex-info.js';
import { planSegment } from '../../content/segments/plan/segment-plan.js';
import { ownContents } from './tail.js';

/** Distributions that are read, and whose modules are compiled, at a time. */
const PARALLEL_READS = 8;

/** Plans a PEX; see `planArtifact`. */
export async function planPex(snapshot: Plannable, options: PlanOptions): Promise<ArtifactPlan> {
  const { seed, cache, signal } = options;
  const { interpreter } = snapshot;
  const staysHome = stayHome(options);
  const shipped = shippedDistributions(snapshot, options);
  const ranks = ranksOf(shipped, interpreter);
  const planned = await CompiledModules.during(cache, signal, compiled =>
    planAll(shipped, interpreter, compiled, options)
  );
  const segments = planned
    .map(({ segment }, index) => ({ ...segment, rank: ranks[index] ?? 0 }))
    .sort((a, b) => b.bytes - a.bytes || compareText(a.wheel, b.wheel));
  const { text: pexInfo, pexHash } = pexInfoOf(seed, segments);
  const { implementation, minor, pythonTag, abiTag, platformTag } = interpreter;
  const identity: ArtifactIdentity = {
    python: { implementation, minor, pythonTag, abiTag, platformTag },
    head: headOf({ interpreter, seed }).sha256,
    own: ownContents({ seed, pexInfo, pexHash }).map(([name, data]) => ({
      name,
      sha256: createHash('sha256').update(data).digest('hex')
    })),
    segments: segments.map(({ wheel, key, rank }) => ({ wheel, key, rank }))
  };
  const id = artifactId(identity);
  const findings: Finding[] = [
    ...planned.flatMap(plan => plan.findings),
    ...missingDependencies(snapshot, staysHome),
    ...unmatchedExcludes(snapshot, options.excludes)
  ];
  return { id, name: `${id}.pex`, format: 'pex', interpreter, identity, segments, pexInfo, pexHash, seed, findings };
}

interface Planned {
  readonly segment: Omit<LazySegment, 'rank'>;
  readonly findings: readonly Finding[];
}

/** The segments of distributions, in their order. Nothing is under way any more when this settles. */
async function planAll(
  distributions: Plannable['distributions'],
  interpreter: Interpreter,
  compiled: CompiledModules,
  options: PlanOptions
): Promise<Planned[]> {
  const limit = pLimit(PARALLEL_READS);
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  let done = 0;
  const plan = async (distribution: Plannable['distributions'][number]): Promise<Planned> => {
    signal.throwIfAborted();
    const planned = await planLazily(distribution, interpreter, compiled, { ...options, signal });
    const { name, version } = distribution;
    options.onProgress?.({ done: (done += 1), total: distributions.length, detail: `${name} ${version}` });
    return planned;
  };
  const planning = distributions.map(distribution =>
    limit(() => plan(distribution)).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    })
  );
  await Promise.allSettled(planning);
  options.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return Promise.all(planning);
}

/** The segment of a distribution; of one that was planned before no file is looked at. */
async function planLazily(
  distribution: Plannable['distributions'][number],
  interpreter: Interpreter,
  compiled: CompiledModules,
  { memory, signal, cache }: Pick<PlanOptions, 'memory' | 'signal' | 'cache'>
): Promise<Planned> {
  const state = 'state' in distribution ? distribution.state : undefined;
  const known = state === undefined ? undefined : memory?.get(state);
  const plan = async (by: CompiledModules): ReturnType<typeof planSegment> =>
    planSegment('files' in distribution ? distribution : await distribution.whole(), interpreter, by, signal);
  const again = async ({ key }: SegmentOutline): Promise<PlannedSegment> => {
    const { segment } = await CompiledModules.during(cache, signal, plan);
    if (segment.key !== key) throw environmentChanged();
    return segment;
  };
  if (known !== undefined) {
    const { outline, findings } = known;
    return { segment: { ...outline, whole: () => again(outline) }, findings };
  }
  const { segment, findings } = await plan(compiled);
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
