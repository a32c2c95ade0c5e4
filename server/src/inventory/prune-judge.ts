import { manifestName } from '../formats/manifest.js';
import { isArtifactName } from '../formats/registry.js';
import { count } from '../text/count.js';
import { isShipEnvError } from '../errors.js';
import type { TargetEntry } from '../targets/target.js';
import { inconsistencyOf } from '../trust/believe.js';
import { releasesAmong, type FoundRelease } from '../trust/found-releases.js';
import { idOf, MANIFEST_NAME } from '../trust/names.js';
import { parseManifest } from '../trust/published.js';
import { filesOf, isPointerName } from './pointers.js';
import { lastUses, recordsAmong, type FoundRecord } from '../records/uses.js';

const CODE_NAME = /-[0-9a-f]{16}\.zip$/u;
const ARTIFACT_ID = /^(env-[0-9a-f]{20})\./u;

/** An object that stays, and why. */
export interface KeptObject {
  readonly entry: TargetEntry;
  readonly reason: string;
}

/** What to do with each object on a target. */
export interface Judgement {
  /**
   * In the order in which the objects must be removed, so that an interrupted prune leaves nothing broken or unknown.
   */
  readonly remove: readonly TargetEntry[];
  readonly kept: readonly KeptObject[];
}

/** The rules of a judgement. */
export interface Rules {
  /** The target's time, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Objects that are not older than this stay. */
  readonly olderThanMs: number;
  /** This many of the newest environments, and of the newest pointers, stay, however old they are. */
  readonly keep: number;
  /** Names of objects that a ship of this machine used within that time. */
  readonly used: ReadonlySet<string>;
}

/** Objects that stay or go together: an artifact and its manifest, or a pointer. */
interface Unit {
  readonly entries: readonly TargetEntry[];
  /** When one of them was written, or when a record last said that a ship uses it. */
  readonly modifiedMs: number;
}

/**
 * Decides what to remove: all that no recent manifest or pointer needs. What is young, was used by this machine, is
 * among the newest few or cannot be judged stays.
 *
 * @param read - the content of a small object, undefined when it is gone
 * @throws what `read` throws
 */
export async function judge(
  entries: readonly TargetEntry[],
  rules: Rules,
  read: (name: string) => Promise<Buffer | undefined>
): Promise<Judgement> {
  const others = new Set(entries.filter(({ isFile }) => isFile === false).map(({ name }) => name));
  const readFile = async (name: string): Promise<Buffer | undefined> => (others.has(name) ? undefined : read(name));
  const records = await recordsAmong(entries, readFile);
  const releases = await releasesAmong(entries, readFile);
  const judging = new Judging(entries, rules, releases);
  judging.learn(records);
  await judging.environments(readFile);
  await judging.code(readFile);
  judging.records(records);
  return judging.end();
}

class Judging {
  readonly #left: Map<string, TargetEntry>;
  readonly #rules: Rules;
  readonly #remove: TargetEntry[] = [];
  readonly #kept: KeptObject[] = [];
  #uses: ReadonlyMap<string, number> = new Map();
  /** Names of the manifests and pointers that releases need. */
  readonly #released: ReadonlySet<string>;
  readonly #isReleaseUnreadable: boolean;

  constructor(entries: readonly TargetEntry[], rules: Rules, releases: readonly FoundRelease[]) {
    this.#left = new Map(entries.map(entry => [entry.name, entry]));
    this.#rules = rules;
    this.#released = new Set(releases.flatMap(({ needs }) => needs ?? []));
    this.#isReleaseUnreadable = releases.some(({ needs }) => needs === undefined);
    for (const { entry } of releases) this.#keep(entry, 'it is a release');
  }

  /** Learns from the records when ships, of any machine, last used the objects. */
  learn(records: readonly FoundRecord[]): void {
    this.#uses = lastUses(records);
  }

  /** Manifests and artifacts. */
  async environments(read: (name: string) => Promise<Buffer | undefined>): Promise<void> {
    const units: Unit[] = [];
    for (const entry of [...this.#left.values()].filter(({ name }) => MANIFEST_NAME.test(name))) {
      const artifact = artifactOf(await read(entry.name), idOf(entry.name));
      if (artifact === undefined) {
        this.#keep(entry, 'it cannot be read as a manifest');
        for (const beside of this.#ofId(idOf(entry.name))) this.#keep(beside, 'its manifest cannot be read');
      } else {
        // The manifest goes first: without its manifest an environment does not exist; without its artifact it would be
        // broken.
        const beside = this.#left.get(artifact);
        units.push(this.#unitOf(beside === undefined ? [entry] : [entry, beside]));
      }
    }
    this.#sort(units, 'environment');
    // Artifacts of a ship under way, or of a ship that was killed.
    const alone = [...this.#left.values()].filter(({ name }) => isLoneArtifact(name));
    this.#sort(
      alone.map(entry => this.#unitOf([entry])),
      undefined
    );
  }

  /** Pointers and code archives. */
  async code(read: (name: string) => Promise<Buffer | undefined>): Promise<void> {
    const [units, archives] = [[] as Unit[], new Map<string, readonly string[]>()];
    let isAllKnown = true;
    for (const entry of [...this.#left.values()].filter(({ name }) => isPointerName(name))) {
      const files = filesOf(await read(entry.name));
      if (files === undefined) {
        isAllKnown = false;
        this.#keep(entry, 'it cannot be read as a pointer');
      } else {
        archives.set(entry.name, files);
        units.push(this.#unitOf([entry]));
      }
    }
    const before = this.#remove.length;
    const needed = new Set(this.#sort(units, 'pointer').flatMap(({ name }) => archives.get(name) ?? []));
    // Pointers go after their archives: when the prune is interrupted, the next one finds the other archives by the
    // pointer.
    const pointers = this.#remove.splice(before);
    const named = new Set([...archives.values()].flat());
    for (const entry of [...this.#left.values()].filter(({ name }) => CODE_NAME.test(name))) {
      if (needed.has(entry.name)) this.#keep(entry, 'a pointer that stays needs it');
      else if (!isAllKnown) this.#keep(entry, 'a pointer that cannot be read may need it');
      else if (!named.has(entry.name)) this.#keep(entry, 'no pointer names it, so it may belong to another program');
      else this.#sort([this.#unitOf([entry])], undefined);
    }
    this.#remove.push(...pointers);
  }

  /** Records, after all that they name: the newest one of an environment stays as long as the environment. */
  records(records: readonly FoundRecord[]): void {
    const staying = new Set(this.#kept.map(({ entry }) => entry.name));
    const told = new Set<string>();
    for (const { entry, record } of records) {
      const manifest = record && manifestName(record.artifact.id);
      if (manifest === undefined) this.#keep(entry, 'it cannot be read as a record');
      else if (staying.has(manifest) && !told.has(manifest)) this.#keep(entry, 'its environment stays');
      else this.#sort([this.#unitOf([entry])], undefined);
      if (manifest !== undefined) told.add(manifest);
    }
  }

  end(): Judgement {
    for (const entry of this.#left.values()) this.#keep(entry, 'it is not a file of ship-env');
    return { remove: this.#remove, kept: this.#kept };
  }

  /**
   * Decides about each unit as a whole.
   *
   * @param newest - the noun for units of which the newest few stay; undefined: age alone decides
   * @returns what stays
   */
  #sort(units: readonly Unit[], newest: string | undefined): TargetEntry[] {
    const { nowMs, olderThanMs, keep, used } = this.#rules;
    const staying: TargetEntry[] = [];
    const sorted = [...units].sort((a, b) => b.modifiedMs - a.modifiedMs);
    for (const [index, { entries, modifiedMs }] of sorted.entries()) {
      const reason =
        // Written so that an invalid date counts as recent, too.
        !(nowMs - modifiedMs > olderThanMs)
          ? 'it is recent'
          : entries.some(({ name }) => this.#released.has(name))
            ? 'a release names it'
            : this.#isReleaseUnreadable
              ? 'a release that cannot be read may name it'
              : entries.some(({ name }) => used.has(name))
                ? 'a ship of this machine used it recently'
                : entries.some(({ isFile }) => isFile === false)
                  ? 'it, or an object that belongs to it, is not a file'
                  : newest !== undefined && index < keep
                    ? newestOf(keep, newest)
                    : undefined;
      for (const entry of entries) {
        if (reason === undefined) this.#take(entry);
        else this.#keep(entry, reason);
      }
      if (reason !== undefined) staying.push(...entries);
    }
    return staying;
  }

  #unitOf(entries: readonly TargetEntry[]): Unit {
    const times = entries.map(({ name, modified }) => Math.max(modified.getTime(), this.#uses.get(name) ?? -Infinity));
    return { entries, modifiedMs: Math.max(...times) };
  }

  #ofId(id: string): TargetEntry[] {
    return [...this.#left.values()].filter(({ name }) => ARTIFACT_ID.exec(name)?.[1] === id);
  }

  #keep(entry: TargetEntry, reason: string): void {
    if (this.#left.delete(entry.name)) this.#kept.push({ entry, reason });
  }

  #take(entry: TargetEntry): void {
    if (this.#left.delete(entry.name)) this.#remove.push(entry);
  }
}

/** Name of the artifact that a manifest describes; undefined when this release cannot read the manifest. */
function artifactOf(content: Buffer | undefined, id: string): string | undefined {
  try {
    const manifest = parseManifest(content ?? Buffer.alloc(0), manifestName(id));
    return inconsistencyOf(manifest, id) === undefined ? manifest.artifact.name : undefined;
  } catch (error) {
    if (!isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return undefined;
  }
}

/** Is this the name of an artifact, in any format? */
function isLoneArtifact(name: string): boolean {
  const id = ARTIFACT_ID.exec(name)?.[1];
  return id !== undefined && isArtifactName(name, id);
}

function newestOf(keep: number, noun: string): string {
  return keep === 1 ? `it is the newest ${noun}` : `it is one of the newest ${count(keep, noun)}`;
}
