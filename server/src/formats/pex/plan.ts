import { createHash } from 'node:crypto';
import type { Content } from '../../content/content.js';
import type { Manifest } from '../../contract/manifest.js';
import { difference, firstDifference, type Difference } from '../difference.js';
import type { ArtifactPlan } from '../format.js';
import { pythonOf } from '../python-facts.js';
import { differencesInContent } from '../content-difference.js';
import { artifactId, type ArtifactIdentity } from './artifact-id.js';
import { buildPex } from './build.js';
import { headOf } from './head.js';
import { pexInfoOf } from './pex-info.js';
import { currentSeed } from './seed.js';
import type { Seed } from './seed-types.js';
import { ownContents, tailEntries } from './tail.js';

/** Everything that the bytes of a PEX depend on. */
export interface PexPlan {
  /** The id of {@link PexPlan.identity}, which covers every byte that ships. */
  readonly id: string;
  readonly identity: ArtifactIdentity;
  /** File name: `<id>.pex`. */
  readonly name: string;
  readonly content: Content;
  readonly pexInfo: string;
  readonly pexHash: string;
  readonly seed: Seed;
}

/**
 * Plans a PEX.
 *
 * @param seed - the seed of this release, unless a test gives another one
 */
export async function planPex(content: Content, seed?: Seed): Promise<ArtifactPlan> {
  const plan = pexPlanOf(content, seed ?? (await currentSeed()));
  return {
    id: plan.id,
    format: 'pex',
    name: plan.name,
    content,
    findings: content.findings,
    differenceFrom: manifest => differenceFrom(plan, manifest),
    build: options => buildPex(plan, options)
  };
}

/** Everything that the bytes of a PEX with this content depend on. Pure. */
export function pexPlanOf(content: Content, seed: Seed): PexPlan {
  const { interpreter, segments } = content;
  const { text: pexInfo, pexHash } = pexInfoOf(seed, segments);
  const identity: ArtifactIdentity = {
    python: pythonOf(interpreter),
    head: headOf({ content, seed }).sha256,
    own: ownContents({ seed, pexInfo, pexHash }).map(([name, data]) => ({
      name,
      sha256: createHash('sha256').update(data).digest('hex')
    })),
    segments: segments.map(({ wheel, key, rank }) => ({ wheel, key, rank }))
  };
  const id = artifactId(identity);
  return { id, identity, name: `${id}.pex`, content, pexInfo, pexHash, seed };
}

function differenceFrom(plan: PexPlan, manifest: Manifest): Difference | undefined {
  if (manifest.format !== 'pex') return difference('the format', 'pex', manifest.format);
  const head = headOf(plan);
  const least = plan.content.segments.reduce(
    (sum, { entryCount }) => sum + entryCount,
    head.entries.length + tailEntries(plan.seed)
  );
  // A segment may have one more entry, with its compiled modules.
  const most = least + plan.content.segments.length;
  return firstDifference([
    ...differencesInContent(plan.content, { length: head.bytes.length, sha256: head.sha256 }, manifest),
    manifest.entries >= least && manifest.entries <= most
      ? undefined
      : difference('the count of entries', `${least} to ${most}`, manifest.entries)
  ]);
}
