import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Distribution, DistributionFile, Finding, Interpreter } from '../../../contract/snapshot.js';
import { FILE_KINDS } from '../../../system/files/read.js';
import { problemOfPart, problemOfPath } from '../../../system/files/path-names.js';
import { isShebangFile, readSeenFile, type SeenFile } from '../seen-file.js';
import type { CompiledModules } from '../compile/compiled-modules.js';
import { distInfoName, metadataFromPkgInfo, metadataPlace, pkgInfoPath, wheelText } from './dist-info.js';
import { placesOf } from './places.js';
import { recordText } from './record-text.js';
import { refuseReservedName } from './reserved.js';
import { entryPointScript, installedEntryPoint, scriptEntryPoints, withNeutralShebang } from './scripts.js';
import { LAYOUT_NAME, layoutText, segmentKey } from './segment-key.js';
import { wheelName } from '../../../python/wheel-name.js';
import { compareText } from '../../../text/compare.js';
import type { DataEntry, PlannedSegment, SegmentEntry } from '../types.js';
import { modulesToCompile } from '../compile/modules.js';

/** Plans the segment of a distribution: the files of its "installed wheel chroot", and its compiled modules. */
export async function planSegment(
  distribution: Distribution,
  interpreter: Interpreter,
  compiled: CompiledModules,
  signal: AbortSignal
): Promise<{ segment: PlannedSegment; findings: Finding[] }> {
  const wheel = wheelName(distribution);
  const distInfo = distInfoName(distribution, wheel);
  const { entries, unlistedScripts, findings } = await placeFiles(distribution, interpreter, distInfo, signal);
  await addMetadata(entries, distribution, distInfo, signal);
  const record = `${distInfo}/RECORD`;
  add(entries, dataEntry(record, recordText(record, [...entries.values()])));
  const layout = JSON.stringify({
    record_relpath: record,
    root_is_purelib: distribution.rootIsPurelib,
    stash_dir: '.prefix',
    sys_path_entries: ['.']
  });
  add(entries, dataEntry(LAYOUT_NAME, layout));
  const sorted = [...entries.values()].sort((a, b) => compareText(a.name, b.name));
  const sources = modulesToCompile(distribution, sorted, interpreter);
  const modules = sources && { ...sources, compiled: await compiled.factsOf(sources) };
  const key = segmentKey({ wheel, unlistedScripts, entries: sorted, compiled: modules?.compiled.sha256 });
  const placed = sorted.map(entry =>
    entry.name === LAYOUT_NAME ? dataEntry(LAYOUT_NAME, layoutText(layout, key)) : entry
  );
  return {
    segment: {
      wheel,
      name: distribution.name,
      version: distribution.version,
      key,
      bytes: placed.reduce((sum, entry) => sum + sizeOf(entry), 0),
      entryCount: placed.length,
      executables: placed.filter(({ executable }) => executable).map(({ name }) => name),
      unlistedScripts,
      entries: placed,
      modules
    },
    findings
  };
}

/** Uncompressed bytes of an entry. */
export function sizeOf(entry: SegmentEntry): number {
  return entry.kind === 'file' ? entry.size : entry.data.length;
}

/** The place of scripts in a distribution's folder. */
const SCRIPTS = '.prefix/bin/';

type Entries = Map<string, SegmentEntry>;

async function placeFiles(
  distribution: Distribution,
  interpreter: Interpreter,
  distInfo: string,
  signal: AbortSignal
): Promise<{ entries: Entries; unlistedScripts: string[]; findings: Finding[] }> {
  const entries: Entries = new Map();
  const findings: Finding[] = [];
  const placeOf = placesOf(distribution, interpreter);
  for (const file of distribution.files) {
    const place = placeOf(file.path);
    if (place === undefined) {
      findings.push({
        kind: 'missing-file',
        subject: distribution.name,
        message: `${file.path} of ${distribution.name} is outside of the environment and does not ship.`
      });
      continue;
    }
    const name = place.isScript ? place.name : metadataPlace(distribution, distInfo, place.name);
    if (name === undefined) continue;
    const problem = problemOfPath(name);
    if (problem !== undefined) {
      findings.push(refused(distribution, file.path, problem));
      continue;
    }
    refuseReservedName(distribution, interpreter, { name, source: seen(distribution, file).source });
    add(
      entries,
      place.isScript ? await scriptEntry(distribution, file, name, signal) : fileEntry(distribution, file, name)
    );
  }
  const entryPoints = scriptEntryPoints(await readMetadata(distribution, 'entry_points.txt', signal));
  const unlisted = [...entryPoints.values()].filter(({ name }) => {
    const problem = problemOfPart(name);
    if (problem !== undefined) findings.push(refused(distribution, `the script ${name}`, problem));
    return problem === undefined && !entries.has(`${SCRIPTS}${name}`);
  });
  for (const entryPoint of unlisted) {
    const name = SCRIPTS + entryPoint.name;
    refuseReservedName(distribution, interpreter, { name, source: `${interpreter.prefix}/bin/${entryPoint.name}` });
    add(entries, dataEntry(name, entryPointScript(entryPoint), true));
  }
  return { entries, unlistedScripts: unlisted.map(({ name }) => name).sort(compareText), findings };
}

function refused({ name, version }: Distribution, path: string, problem: string): Finding {
  const message = `${name} ${version} has ${path}, whose name ${problem}. It does not ship.`;
  return { kind: 'refused-file', subject: path, message };
}

/** Adds METADATA and WHEEL for an egg-info, and WHEEL for a dist-info without one. */
async function addMetadata(
  entries: Entries,
  distribution: Distribution,
  distInfo: string,
  signal: AbortSignal
): Promise<void> {
  if (distribution.metadataKind === 'egg-info') {
    const file = distribution.files.find(({ path }) => path === pkgInfoPath(distribution));
    const pkgInfo = file === undefined ? minimalMetadata(distribution) : await readText(distribution, file, signal);
    add(entries, dataEntry(`${distInfo}/METADATA`, metadataFromPkgInfo(pkgInfo, distribution)));
  }
  if (!entries.has(`${distInfo}/WHEEL`)) add(entries, dataEntry(`${distInfo}/WHEEL`, wheelText(distribution)));
}

function minimalMetadata({ name, version }: Distribution): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`;
}

async function readMetadata(distribution: Distribution, name: string, signal: AbortSignal): Promise<string> {
  const file = distribution.files.find(({ path }) => path === `${distribution.metadataName}/${name}`);
  return file === undefined ? '' : readText(distribution, file, signal);
}

async function readText(distribution: Distribution, file: DistributionFile, signal: AbortSignal): Promise<string> {
  return (await readSeenFile(seen(distribution, file), signal)).toString('utf8');
}

/**
 * The entry of a script. It depends only on the file, because several distributions may list one file and must ship the same
 * entry. A script that an installer wrote for an entry point is generated again, so that it contains neither traces of the
 * installer nor a path of this machine.
 */
async function scriptEntry(
  distribution: Distribution,
  file: DistributionFile,
  name: string,
  signal: AbortSignal
): Promise<SegmentEntry> {
  const source = seen(distribution, file);
  // Only the first bytes of a binary program are read. A script above the limit has data behind its code, so no installer
  // wrote it.
  const mayBeRewritten = source.size <= FILE_KINDS.script.limit && (await isShebangFile(source));
  const script = mayBeRewritten ? withNeutralShebang(await readSeenFile(source, signal)) : undefined;
  if (script === undefined) return fileEntry(distribution, file, name);
  const entryPoint = installedEntryPoint(script.toString('utf8'));
  if (entryPoint === undefined) return dataEntry(name, script, file.executable);
  return dataEntry(name, entryPointScript(entryPoint), true);
}

function seen(distribution: Distribution, file: DistributionFile): SeenFile {
  return { source: posix.resolve(distribution.location, file.path), size: file.size, sha256: file.sha256 };
}

function fileEntry(distribution: Distribution, file: DistributionFile, name: string): SegmentEntry {
  return { kind: 'file', name, executable: file.executable, ...seen(distribution, file) };
}

function dataEntry(name: string, content: string | Buffer, executable = false): DataEntry {
  const data = typeof content === 'string' ? Buffer.from(content) : content;
  return { kind: 'data', name, data, sha256: createHash('sha256').update(data).digest('hex'), executable };
}

function add(entries: Entries, entry: SegmentEntry): void {
  entries.set(entry.name, entry);
}
