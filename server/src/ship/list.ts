import type { ListedArtifact, TargetSettings } from '../contract/targets.js';
import { isShipEnvError } from '../errors.js';
import { openTarget } from '../targets/index.js';
import type { Target, TargetEntry } from '../targets/target.js';
import { parseManifest } from './prepare.js';

/** What is on a target, newest first: one row a manifest. */
export async function listArtifacts(settings: TargetSettings, signal: AbortSignal): Promise<ListedArtifact[]> {
  const target = await openTarget(settings);
  try {
    const rows: ListedArtifact[] = [];
    for await (const entry of target.list(signal)) {
      if (/^env-[0-9a-f]+\.json$/.test(entry.name)) rows.push(await rowOf(target, entry, signal));
    }
    return rows.sort((a, b) => b.modified.localeCompare(a.modified) || a.id.localeCompare(b.id));
  } finally {
    target.close();
  }
}

async function rowOf(target: Target, entry: TargetEntry, signal: AbortSignal): Promise<ListedArtifact> {
  const row = { id: entry.name.replace(/\.json$/, ''), modified: entry.modified.toISOString() };
  const content = await target.read(entry.name, signal);
  try {
    const manifest = parseManifest(content ?? Buffer.alloc(0), target.uri(entry.name));
    return {
      ...row,
      uri: target.uri(manifest.artifact.name),
      bytes: manifest.artifact.bytes,
      python: manifest.python.minor,
      distributions: manifest.segments.length
    };
  } catch (error) {
    // One foreign or damaged file must not hide the others from the person.
    if (!isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return { ...row, uri: target.uri(entry.name), bytes: 0, python: '', distributions: 0, problem: error.message };
  }
}
