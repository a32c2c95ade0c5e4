import { manifest, type Manifest } from '../contract/manifest.js';
import type { ArtifactPlan } from './types.js';

/** The manifest of an artifact: of the same plan and bytes always the same. */
export function manifestOf(
  plan: ArtifactPlan,
  { artifact, head, segments, entries }: Pick<Manifest, 'artifact' | 'head' | 'segments' | 'entries'>
): Manifest {
  return manifest.parse({
    schema: 1,
    id: plan.id,
    format: plan.format,
    artifact,
    python: plan.identity.python,
    head,
    segments,
    entries
  } satisfies Manifest);
}

/** File name of a manifest. */
export function manifestName(id: string): string {
  return `${id}.json`;
}

/** A manifest as it is stored; zod gives the keys the contract's order, whatever order they came in. */
export function manifestBytes(value: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest.parse(value), undefined, 1)}\n`);
}
