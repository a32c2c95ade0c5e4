import * as z from 'zod';
import { manifestName } from '../formats/manifest.js';
import { isArtifactName } from '../formats/registry.js';
import { count } from '../text/count.js';
import { parseJson } from '../text/json.js';
import { isShipEnvError } from '../errors.js';
import { POINTER_NAME } from '../contract/pointer-name.js';
import type { TargetEntry } from '../targets/target.js';
import { inconsistencyOf } from '../trust/believe.js';
import { idOf, MANIFEST_NAME } from '../trust/names.js';
import { parseManifest } from '../trust/published.js';

const POINTER = new RegExp(`^${POINTER_NAME}$`, 'u');
const CODE_NAME = /-[0-9a-f]{16}\.zip$/u;
const ARTIFACT_ID = /^(env-[0-9a-f]{20})\./u;

/** Of a pointer file, of this release or the one before it, what says which archives it needs. */
const pointerFile = z.object({
  schema: z.union([z.literal(1), z.literal(2)]),
  archives: z.array(z.object({ file: z.string() }))
});

/** What stays, and why. */
export interface Kept {
  readonly entry: TargetEntry;
  readonly reason: string;
}

/** What is to be done with all that a target holds. */
export interface Judgement {
  /** In the order in which it can be removed: what vouches for something, or is needed to judge it, at the right time. */
  readonly remove: readonly TargetEntry[];
  readonly kept: readonly Kept[];
}

/** What a judgement goes by. */
export interface Rules {
  /** The target's time, milliseconds since the epoch. */
  readonly nowMs: number;
  /** What is not older stays. */
  readonly olderThanMs: number;
  /** So many of the newest environments, and of the newest pointers, stay however old they are. */
  readonly keep: number;
  /** Names that a ship of this machine relied on within that time. */
  readonly used: ReadonlySet<string>;
}

/** Things that stay or go together: an artifact and its manifest; a pointer. */
interface Unit {
  readonly entries: readonly TargetEntry[];
  readonly modifiedMs: number;
}

/**
 * What no recent manifest or pointer needs, and what stays: what is young, what was used from here, the newest few, and all
 * that cannot be judged.
 *
 * @param read - the content of a small object, undefined when it is gone
 * @throws what `read` throws
 */
export async function judge(
  entries: readonly TargetEntry[],
  rules: Rules,
  read: (name: string) => Promise<Buffer | undefined>
): Promise<Judgement> {
  const judging = new Judging(entries, rules);
  const others = new Set(entries.filter(({ isFile }) => isFile === false).map(({ name }) => name));
  const readFile = async (name: string): Promise<Buffer | undefined> => (others.has(name) ? undefined : read(name));
  await judging.environments(readFile);
  await judging.code(readFile);
  return judging.end();
}

class Judging {
  readonly #left: Map<string, TargetEntry>;
  readonly #rules: Rules;
  readonly #remove: TargetEntry[] = [];
  readonly #kept: Kept[] = [];

  constructor(entries: readonly TargetEntry[], rules: Rules) {
    this.#left = new Map(entries.map(entry => [entry.name, entry]));
    this.#rules = rules;
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
        // The manifest first: an environment whose manifest is gone is not there, one without its artifact is broken.
        const beside = this.#left.get(artifact);
        units.push(unitOf(beside === undefined ? [entry] : [entry, beside]));
      }
    }
    this.#sort(units, 'environment');
    // What is under way, or was left by a ship that was killed.
    const alone = [...this.#left.values()].filter(({ name }) => isLoneArtifact(name));
    this.#sort(
      alone.map(entry => unitOf([entry])),
      undefined
    );
  }

  /** Pointers and code archives. */
  async code(read: (name: string) => Promise<Buffer | undefined>): Promise<void> {
    const [units, archives] = [[] as Unit[], new Map<string, readonly string[]>()];
    let isAllKnown = true;
    for (const entry of [...this.#left.values()].filter(({ name }) => POINTER.test(name))) {
      const files = filesOf(await read(entry.name));
      if (files === undefined) {
        isAllKnown = false;
        this.#keep(entry, 'it cannot be read as a pointer');
      } else {
        archives.set(entry.name, files);
        units.push(unitOf([entry]));
      }
    }
    const before = this.#remove.length;
    const needed = new Set(this.#sort(units, 'pointer').flatMap(({ name }) => archives.get(name) ?? []));
    // Behind their archives: a pointer that is still there lets the rest be found when this is interrupted.
    const pointers = this.#remove.splice(before);
    const named = new Set([...archives.values()].flat());
    for (const entry of [...this.#left.values()].filter(({ name }) => CODE_NAME.test(name))) {
      if (needed.has(entry.name)) this.#keep(entry, 'a pointer that stays needs it');
      else if (!isAllKnown) this.#keep(entry, 'a pointer that cannot be read may need it');
      else if (!named.has(entry.name)) this.#keep(entry, 'no pointer names it, so it may be of another program');
      else this.#sort([unitOf([entry])], undefined);
    }
    this.#remove.push(...pointers);
  }

  end(): Judgement {
    for (const entry of this.#left.values()) this.#keep(entry, 'it is not a file of ship-env');
    return { remove: this.#remove, kept: this.#kept };
  }

  /**
   * Decides about units, each as a whole.
   *
   * @param newest - what one is called of those of which the newest few stay; undefined: age alone decides
   * @returns what stays
   */
  #sort(units: readonly Unit[], newest: string | undefined): TargetEntry[] {
    const { nowMs, olderThanMs, keep, used } = this.#rules;
    const staying: TargetEntry[] = [];
    const sorted = [...units].sort((a, b) => b.modifiedMs - a.modifiedMs);
    for (const [index, { entries, modifiedMs }] of sorted.entries()) {
      const reason =
        // Also what has no date that makes sense.
        !(nowMs - modifiedMs > olderThanMs)
          ? 'it is recent'
          : entries.some(({ name }) => used.has(name))
            ? 'a ship of this machine used it recently'
            : entries.some(({ isFile }) => isFile === false)
              ? 'it, or what belongs to it, is not a file'
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

function unitOf(entries: readonly TargetEntry[]): Unit {
  return { entries, modifiedMs: Math.max(...entries.map(({ modified }) => modified.getTime())) };
}

/** Name of the artifact that a manifest speaks of; undefined when it is not a manifest that this release can judge. */
function artifactOf(content: Buffer | undefined, id: string): string | undefined {
  try {
    const manifest = parseManifest(content ?? Buffer.alloc(0), manifestName(id));
    return inconsistencyOf(manifest, id) === undefined ? manifest.artifact.name : undefined;
  } catch (error) {
    if (!isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return undefined;
  }
}

function filesOf(content: Buffer | undefined): string[] | undefined {
  const pointer = content && pointerFile.safeParse(parseJson(content.toString('utf8'))).data;
  return pointer?.archives.map(({ file }) => file);
}

/** Whether a name is that of an artifact, in whatever format. */
function isLoneArtifact(name: string): boolean {
  const id = ARTIFACT_ID.exec(name)?.[1];
  return id !== undefined && isArtifactName(name, id);
}

function newestOf(keep: number, noun: string): string {
  return keep === 1 ? `it is the newest ${noun}` : `it is one of the newest ${count(keep, noun)}`;
}
