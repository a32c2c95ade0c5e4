import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { PlanContext, Plannable } from '../content/content.js';
import { planContent } from '../content/plan.js';
import type { SegmentMemory } from '../content/segments/types.js';
import type { ArtifactPlan } from '../formats/format.js';
import { formatOf, requestedFormat } from '../formats/registry.js';
import { BUILD_ID } from '../system/build-id.js';
import type { Cache } from '../system/cache/cache.js';
import type { ShipRequest } from '../contract/ship.js';
import { finding, type Snapshot } from '../contract/snapshot.js';
import { FILE_KINDS, readBounded } from '../system/files/read.js';
import { parseJson } from '../text/json.js';
import { environmentChanged, type LazySnapshot } from '../environment/index.js';
import { refuseSuspects } from '../content/refuse-suspects.js';
import { SegmentMemoryFile } from '../content/segments/segment-memory.js';
import { shippedDistributions } from '../content/stay-home.js';

const named = z.object({ id: z.string(), findings: z.array(finding) });
type NamedPlan = z.infer<typeof named>;

/** A plan whose larger part is computed on demand: when the target holds the artifact, its name is enough. */
export interface LazyPlan extends Pick<ArtifactPlan, 'id' | 'name' | 'findings'> {
  /** @throws ShipEnvError ARTIFACT_FILE_CHANGED when the environment changed since its snapshot */
  whole(): Promise<ArtifactPlan>;
}

/**
 * Plans the artifact of a request. The same state and the same request give the same id; after a change only the
 * changed distributions are planned anew.
 *
 * @throws ShipEnvError CODE_SECRET_FOUND, LINK_OUTSIDE; as `planContent` and `LazyDistribution.whole` do
 */
export async function planLazily(
  snapshot: LazySnapshot,
  request: ShipRequest,
  { cache, signal, onProgress }: PlanContext
): Promise<LazyPlan> {
  // This check comes before the target is asked: files that must not ship stop every ship, also one that sends nothing.
  refuseSuspects(shippedDistributions(snapshot, request), request);
  const compute = async (): Promise<ArtifactPlan> => {
    const memory = await SegmentMemoryFile.open(cache, snapshot.interpreter);
    const plan = await planNow(snapshot, request, { memory, cache, signal, onProgress });
    await memory.save(snapshot.distributions.map(({ state }) => state));
    return plan;
  };
  // The cached plan does not know a seed that the person supplies, nor the files of the interpreter.
  if (snapshot.state === undefined || request.includeInterpreter || process.env['SHIP_ENV_SEED']) {
    const plan = await compute();
    return { id: plan.id, name: plan.name, findings: plan.findings, whole: () => Promise.resolve(plan) };
  }
  let computed: ArtifactPlan | undefined;
  const { id, findings } = await recalled(
    cache,
    keyOf(snapshot.state, request),
    async () => (computed = await compute()),
    signal
  );
  const whole = async (): Promise<ArtifactPlan> => {
    const plan = computed ?? (await compute());
    if (plan.id !== id) throw environmentChanged();
    return plan;
  };
  return { id, name: formatOf(request.format).fileName(id), findings, whole };
}

/** The plan of a complete snapshot. */
export async function planWhole(snapshot: Snapshot, request: ShipRequest, context: PlanContext): Promise<ArtifactPlan> {
  refuseSuspects(shippedDistributions(snapshot, request), request);
  return planNow(snapshot, request, context);
}

async function planNow(
  environment: Plannable,
  request: ShipRequest,
  context: PlanContext & { memory?: SegmentMemory }
): Promise<ArtifactPlan> {
  const { excludes, includeSpark, includeInterpreter } = request;
  const format = requestedFormat(request);
  const content = await planContent(environment, { excludes, includeSpark, ...context });
  const { cache, signal, onProgress } = context;
  return format.plan(content, { cache, signal, onProgress, includeInterpreter });
}

/** Name of the cache entry: everything that a plan's name and findings depend on. */
function keyOf(state: string, { format, excludes, includeSpark }: ShipRequest): string {
  const parts = JSON.stringify([BUILD_ID, state, format, excludes, includeSpark]);
  return `${createHash('sha256').update(parts).digest('hex')}.json`;
}

async function recalled(
  cache: Cache,
  key: string,
  compute: () => Promise<ArtifactPlan>,
  signal: AbortSignal
): Promise<NamedPlan> {
  const write = async (temporary: string): Promise<void> => {
    const { id, findings } = await compute();
    await writeFile(temporary, JSON.stringify({ id, findings: [...findings] } satisfies NamedPlan));
  };
  for (;;) {
    const { path } = await cache.entry('plans', key, write, signal);
    const plan = named.safeParse(parseJson((await readBounded(path, FILE_KINDS.cacheNote)).toString('utf8'))).data;
    if (plan !== undefined) return plan;
    // The entry is damaged, by a full disk or by hand: compute it again.
    await cache.drop('plans', key);
  }
}
