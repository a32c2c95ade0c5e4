import type { ArchivedEditable } from '../content/code/archive.js';
import { revisionOf, type Revision } from '../content/code/git/revision.js';
import { pointerPayload } from '../content/code/pointer-file.js';
import type { ShipRecord } from '../contract/ship-record.js';
import type { Editable, Finding } from '../contract/snapshot.js';
import { isAbort, isShipEnvError } from '../errors.js';
import { manifestName } from '../formats/manifest.js';
import { authorOf, short } from '../records/author.js';
import { changesSince, noteOf, saveNote, type Author, type RecordNote } from '../records/previous.js';
import { recordPayload } from '../records/record.js';
import { missingError } from '../targets/object-errors.js';
import { Verified } from '../trust/verified.js';
import type { Delivered } from './deliver.js';
import type { Inspected } from './inspect.js';
import type { ShipRun } from './run.js';

/** How long the record may take: the ship is done, and a cancel comes too late. */
const RECORD_TIMEOUT_MS = 10_000;

/** What the record says of the code: begun while the upload runs. */
export interface BegunRecord {
  readonly author: Author;
  readonly note: RecordNote | undefined;
  /** Undefined where the note says that nothing changed: then git is not asked. */
  readonly revisions: Promise<(Revision | undefined)[]> | undefined;
}

/** Something that this ship relied on was removed before its record said so. */
export class Vanished extends Error {}

/** Begins the record of a ship: asks git about the editables, unless nothing changed since the last record. */
export async function beginRecord(
  { context, target, request }: ShipRun,
  { snapshot, plan, editables }: Inspected,
  code: readonly ArchivedEditable[]
): Promise<BegunRecord | undefined> {
  if (request.dryRun) return undefined;
  const author = authorOf(snapshot.interpreter.prefix);
  const note = await noteOf(context.cache, target, author);
  const isUnchanged = note !== undefined && sameNames(note, [plan.name, pointerOf(code)]);
  const revisions = isUnchanged ? undefined : revisionsOf(editables, context.signal);
  // The caller that awaits the answers gets the error.
  revisions?.catch(() => undefined);
  return { author, note, revisions };
}

/**
 * Writes the record of a ship that ended well, unless this machine recorded the same ship before: the last one of its
 * environment on this target, of the same objects.
 *
 * @returns a finding when the record could not be written: the ship itself is complete
 * @throws Vanished when another ship took back what this ship relied on
 */
export async function writeRecord(
  run: ShipRun,
  { author, note, revisions }: BegunRecord,
  { editables }: Inspected,
  shipped: { readonly code: readonly ArchivedEditable[]; readonly delivered: Delivered }
): Promise<Finding[]> {
  const { context, target } = run;
  const { code, delivered } = shipped;
  const { manifest, created } = delivered;
  const pointer = pointerOf(code);
  const verified = await Verified.open(context.cache, target);
  const used = usedOf(verified, [manifest.artifact.name, pointer]);
  const isForOneJob = context.onCreated !== undefined;
  const signal = AbortSignal.timeout(RECORD_TIMEOUT_MS);
  try {
    const isNew = created.length > 0 || isForOneJob || note === undefined || !isSame(note, used);
    if (!isNew && !hasUnknown(note)) return [];
    if (!isNew && (await target.stat(note.name, signal)) !== undefined) {
      await saveNote(context.cache, target, author, { ...note, used });
      return [];
    }
    const found = await (revisions ?? revisionsOf(editables, signal));
    const now = { ...author, artifact: artifactOf(delivered), code: codeOf(code, found) };
    const changes = await changesSince(target, now, manifest, note, signal);
    const payload = recordPayload({
      schema: 1,
      at: new Date().toISOString(),
      ...now,
      ...(pointer === undefined ? {} : { pointer }),
      isEphemeral: isForOneJob,
      ...(changes === undefined ? {} : { changes })
    });
    const arrival = await target.write(payload, { signal, isFree: true });
    if (arrival !== undefined) context.onCreated?.([payload.name]);
    await requireThere(run, [manifestName(manifest.id), manifest.artifact.name, ...codeNames(code)], created, signal);
    if (!isForOneJob) await saveNote(context.cache, target, author, { name: payload.name, used });
    return [];
  } catch (error) {
    if (error instanceof Vanished || !(isShipEnvError(error) || isAbort(error) || signal.aborted)) throw error;
    const message = `The ship is complete, but its record could not be written: ${error instanceof Error ? error.message : String(error)}`;
    return [{ kind: 'no-record', subject: target.url, message }];
  }
}

/**
 * Looks once more for the objects that were there before this ship. A job that ends takes back its own objects unless
 * a record says that somebody else uses them; one that ended just before our record could not know.
 */
async function requireThere(
  { target }: ShipRun,
  names: readonly string[],
  created: readonly string[],
  signal: AbortSignal
): Promise<void> {
  const relied = names.filter(name => !created.includes(name));
  const found = await Promise.all(relied.map(name => target.stat(name, signal)));
  const gone = relied.find((_, index) => found[index] === undefined);
  if (gone !== undefined) throw new Vanished(gone, { cause: missingError(target.url, { name: gone }) });
}

function artifactOf({ manifest }: Delivered): ShipRecord['artifact'] {
  const { id, format, artifact, python, segments } = manifest;
  return { id, format, bytes: artifact.bytes, python: short(python.minor), distributions: segments.length };
}

function codeOf(code: readonly ArchivedEditable[], revisions: readonly (Revision | undefined)[]): ShipRecord['code'] {
  return code.map(({ archive }, index) => {
    const revision = revisions[index];
    return {
      name: short(archive.name),
      file: short(archive.fileName),
      ...(revision === undefined ? {} : { commit: revision.commit }),
      ...(revision?.isDirty === undefined ? {} : { isDirty: revision.isDirty })
    };
  });
}

function revisionsOf(editables: readonly Editable[], signal: AbortSignal): Promise<(Revision | undefined)[]> {
  return Promise.all(editables.map(({ projectDirectory }) => revisionOf(projectDirectory, signal)));
}

function codeNames(code: readonly ArchivedEditable[]): string[] {
  const pointer = pointerOf(code);
  return [...code.map(({ payload }) => payload.name), ...(pointer === undefined ? [] : [pointer])];
}

function pointerOf(code: readonly ArchivedEditable[]): string | undefined {
  return pointerPayload(code.map(({ archive }) => archive))?.name;
}

/** The objects that a ship uses, with their identities; empty where the target cannot tell an identity yet. */
function usedOf(verified: Verified, names: readonly (string | undefined)[]): RecordNote['used'] {
  return Object.fromEntries(
    names.flatMap(name => (name === undefined ? [] : [[name, verified.identityOf(name) ?? '']]))
  );
}

function sameNames({ used }: RecordNote, names: readonly (string | undefined)[]): boolean {
  const wanted = names.filter(name => name !== undefined);
  return Object.keys(used).length === wanted.length && wanted.every(name => name in used);
}

/** An identity that was not known yet tells nothing: then the record before must still be there. */
function isSame(note: RecordNote, used: RecordNote['used']): boolean {
  if (!sameNames(note, Object.keys(used))) return false;
  return Object.entries(note.used).every(([name, identity]) => identity === '' || identity === used[name]);
}

function hasUnknown({ used }: RecordNote): boolean {
  return Object.values(used).includes('');
}
