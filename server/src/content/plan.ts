import pLimit from 'p-limit';
import type { Finding, Interpreter } from '../contract/snapshot.js';
import { environmentChanged } from '../environment/lazy.js';
import { normalizeName } from '../python/names.js';
import { compareText } from '../text/compare.js';
import type { Content, ContentOptions, Plannable } from './content.js';
import { missingDependencies } from './dependencies.js';
import { CompiledModules } from './segments/compile/compiled-modules.js';
import { PackedSegment } from './segments/packed-segment.js';
import { planSegment } from './segments/plan/segment-plan.js';
import type { LazySegment, PlannedSegment, SegmentOutline } from './segments/types.js';
import { shippedDistributions, stayHome } from './stay-home.js';

/** How many distributions are read and compiled at a time. */
const PARALLEL_READS = 8;

/**
 * Computes what ships of an environment. It writes only compiled modules into the cache. It reads a few small files: the
 * scripts in `bin/` and their entry points, because an installer wrote this machine's paths into the scripts.
 *
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED, ARTIFACT_NAME_RESERVED, SNAPSHOT_UNREADABLE
 */
export async function planContent(environment: Plannable, options: ContentOptions): Promise<Content> {
  const { cache, signal } = options;
  const { interpreter } = environment;
  const shipped = shippedDistributions(environment, options);
  const ranks = ranksOf(shipped, interpreter);
  const planned = await CompiledModules.during(cache, signal, compiled =>
    planAll(shipped, interpreter, compiled, options)
  );
  return {
    interpreter,
    segments: planned
      .map(({ segment }, index) => ({ ...segment, rank: ranks[index] ?? 0 }))
      .sort((a, b) => b.bytes - a.bytes || compareText(a.wheel, b.wheel)),
    findings: [
      ...planned.flatMap(plan => plan.findings),
      ...missingDependencies(environment, stayHome(options)),
      ...unmatchedExcludes(environment, options.excludes)
    ]
  };
}

interface Planned {
  readonly segment: Omit<LazySegment, 'rank'>;
  readonly findings: readonly Finding[];
}

/** The segments of distributions, in the same order. No work goes on after the promise has settled. */
async function planAll(
  distributions: Plannable['distributions'],
  interpreter: Interpreter,
  compiled: CompiledModules,
  options: ContentOptions
): Promise<Planned[]> {
  const limit = pLimit(PARALLEL_READS);
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  let done = 0;
  const plan = async (distribution: Plannable['distributions'][number]): Promise<Planned> => {
    signal.throwIfAborted();
    const planned = await planLazySegment(distribution, interpreter, compiled, { ...options, signal });
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

/** The segment of a distribution. No file is read when it was planned before. */
async function planLazySegment(
  distribution: Plannable['distributions'][number],
  interpreter: Interpreter,
  compiled: CompiledModules,
  { memory, signal, cache }: Pick<ContentOptions, 'memory' | 'signal' | 'cache'>
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
  // Given once, to the builder that compresses it; later the segment is in the cache. A damaged segment is planned again.
  const whole = async (): Promise<PlannedSegment> => {
    const given = kept;
    kept = undefined;
    return given?.unpack() ?? again(outline);
  };
  return { segment: { ...outline, whole }, findings };
}

/**
 * The index of each distribution's site directory in the order of `sys.path`. Only directories with a distribution that ships
 * are counted, so a base of which nothing ships makes no difference.
 */
function ranksOf(shipped: Plannable['distributions'], { siteDirectories }: Interpreter): number[] {
  const used = new Set(shipped.map(({ location }) => location));
  const order = siteDirectories.map(({ path }) => path).filter(path => used.has(path));
  return shipped.map(({ location }) => Math.max(0, order.indexOf(location)));
}

function unmatchedExcludes({ distributions, editables }: Plannable, excludes: readonly string[]): Finding[] {
  const installed = new Set([...distributions, ...editables].map(({ normalizedName }) => normalizedName));
  return excludes
    .map(name => name.trim())
    .filter(name => name !== '' && !installed.has(normalizeName(name)))
    .map(name => ({
      kind: 'unmatched-exclude',
      subject: name,
      message: `${name} was excluded, but no distribution has this name.`
    }));
}
