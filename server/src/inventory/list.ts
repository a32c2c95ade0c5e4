import { manifestName } from '../formats/manifest.js';
import type { Manifest } from '../contract/manifest.js';
import type { TargetSettings } from '../contract/target-settings.js';
import type { ListedRelease } from '../contract/release.js';
import type { ListedArtifact } from '../contract/targets.js';
import { isShipEnvError, type ShipEnvError } from '../errors.js';
import { openTarget } from '../targets/index.js';
import { readSmall } from '../targets/reading.js';
import { notAFileError } from '../targets/object-errors.js';
import type { Target, TargetEntry } from '../targets/target.js';
import { replaceHint, inconsistencyOf, notBelievedError } from '../trust/believe.js';
import { idOf, MANIFEST_NAME } from '../trust/names.js';
import { parseManifest } from '../trust/published.js';
import { releasesAmong } from '../trust/found-releases.js';
import { releaseRow } from './releases.js';

type Problem = Pick<ListedArtifact, 'problem' | 'hint'>;

/** Lists the environments on a target, newest first: one row for each manifest. */
export async function listArtifacts(settings: TargetSettings, signal: AbortSignal): Promise<ListedArtifact[]> {
  return (await listTarget(settings, signal)).artifacts;
}

/** Lists the environments and the releases on a target, newest first. */
export async function listTarget(
  settings: TargetSettings,
  signal: AbortSignal
): Promise<{ artifacts: ListedArtifact[]; releases: ListedRelease[] }> {
  const target = await openTarget(settings);
  try {
    const entries = new Map<string, TargetEntry>();
    for await (const entry of target.list(signal)) entries.set(entry.name, entry);
    const rows: ListedArtifact[] = [];
    for (const entry of entries.values()) {
      if (MANIFEST_NAME.test(entry.name)) rows.push(await rowOf(target, entry, entries, signal));
    }
    const releases = await releasesAmong(entries.values(), name => readSmall(target, name, signal));
    return {
      artifacts: rows.sort((a, b) => b.modified.localeCompare(a.modified) || a.id.localeCompare(b.id)),
      releases: releases
        .map(found => releaseRow(found, entries))
        .sort((a, b) => b.modified.localeCompare(a.modified) || a.name.localeCompare(b.name))
    };
  } finally {
    target.close();
  }
}

async function rowOf(
  target: Target,
  entry: TargetEntry,
  entries: ReadonlyMap<string, TargetEntry>,
  signal: AbortSignal
): Promise<ListedArtifact> {
  const id = idOf(entry.name);
  const row = { id, modified: entry.modified.toISOString() };
  try {
    const manifest = parseManifest(
      (await readSmall(target, entry.name, signal)) ?? Buffer.alloc(0),
      entry.name,
      target.access.uri(entry.name)
    );
    const wrong = inconsistencyOf(manifest, id);
    if (wrong !== undefined) throw notBelievedError(target.access.uri(entry.name), { id }, wrong);
    return {
      ...row,
      uri: target.access.uri(manifest.artifact.name),
      bytes: manifest.artifact.bytes,
      format: manifest.format,
      python: manifest.python.minor,
      distributions: manifest.segments.length,
      ...problemOf(manifest, entries.get(manifest.artifact.name), target)
    };
  } catch (error) {
    // One foreign or damaged file must not hide the other rows.
    if (!isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return {
      ...row,
      uri: target.access.uri(entry.name),
      bytes: 0,
      format: '',
      python: '',
      distributions: 0,
      ...told(error)
    };
  }
}

/** Why an artifact cannot be used although its manifest exists; undefined when it can. */
function problemOf(
  { id, artifact: { name, bytes } }: Manifest,
  found: TargetEntry | undefined,
  { url }: Target
): Problem | undefined {
  if (found === undefined) {
    return { problem: `The artifact ${name} is missing.`, hint: 'The next ship of its environment sends it again.' };
  }
  if (found.isFile === false) return told(notAFileError(url, name));
  if (found.bytes === bytes) return undefined;
  return {
    problem: `The artifact ${name} should have ${bytes} bytes; it has ${found.bytes}.`,
    hint: replaceHint(name, manifestName(id))
  };
}

function told({ message, hint }: ShipEnvError): Problem {
  return { problem: message, hint };
}
