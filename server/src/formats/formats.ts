import { ShipEnvError } from '../errors.js';
import { pexFormat } from './pex/format.js';
import type {
  ArtifactBuild,
  ArtifactFormat,
  ArtifactPlan,
  BuildOptions,
  BuiltArtifact,
  Plannable,
  PlanOptions,
  PromisedLayout
} from './types.js';

const FORMATS: readonly ArtifactFormat[] = [pexFormat];

/**
 * Computes what an artifact of this environment holds and how it is called. Writes nothing; reads the scripts in `bin/`
 * and what describes them (a few small files), since an installer wrote this machine's paths into them.
 *
 * @throws ShipEnvError FORMAT_UNKNOWN, ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE
 */
export async function planArtifact(snapshot: Plannable, options: PlanOptions): Promise<ArtifactPlan> {
  return formatOf(options.format).plan(snapshot, options);
}

/**
 * Begins to build the planned artifact from cached segments. Bounded memory, whatever the size; several callers and
 * processes that want the same artifact compress it once.
 *
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED when a file is no longer what the snapshot saw, SNAPSHOT_UNREADABLE,
 *   DISK_FULL, from the spans and from `complete`; the signal's reason when aborted. Nothing half-written is left.
 */
export function startBuild(plan: ArtifactPlan, options: BuildOptions): ArtifactBuild {
  return formatOf(plan.format).build(plan, options);
}

/** As {@link startBuild}, to the end. */
export async function buildArtifact(plan: ArtifactPlan, options: BuildOptions): Promise<BuiltArtifact> {
  return startBuild(plan, options).complete();
}

/** File name of an artifact. @throws ShipEnvError FORMAT_UNKNOWN */
export function artifactName(format: string, id: string): string {
  return formatOf(format).fileName(id);
}

/** What a manifest of this plan says, besides what stands in the plan itself. @throws ShipEnvError FORMAT_UNKNOWN */
export function promisedLayout(plan: ArtifactPlan): PromisedLayout {
  return formatOf(plan.format).promised(plan);
}

/** @throws ShipEnvError FORMAT_UNKNOWN when there is no format of this name */
export function requireFormat(name: string): void {
  formatOf(name);
}

function formatOf(name: string): ArtifactFormat {
  const format = FORMATS.find(candidate => candidate.name === name);
  if (format !== undefined) return format;
  throw new ShipEnvError(
    'FORMAT_UNKNOWN',
    `The artifact format “${name}” was asked for, and there is none of this name.`,
    {
      hint: `Use one of: ${FORMATS.map(candidate => candidate.name).join(', ')}.`
    }
  );
}
