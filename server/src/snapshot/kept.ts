import { randomUUID } from 'node:crypto';
import { BUILD_ID } from '../build-id.js';
import type { Cache } from '../cache/cache.js';
import type { Finding, Interpreter } from '../contract/snapshot.js';
import type { FoundEditable } from './editables.js';
import { type KeptLooks, type PackedLooks, packed } from './looks.js';
import type { Part } from './parts.js';
import { Paths } from './paths.js';

const LENGTH_BYTES = 4;

/** What is kept of a snapshot besides its distributions. */
export interface KeptSnapshot {
  /** Names this state of the environment. */
  readonly state: string;
  readonly siteDirectories: Interpreter['siteDirectories'];
  readonly editables: readonly FoundEditable[];
  readonly findings: readonly Finding[];
}

/** Looks without the files: how many there were, the bytes of their paths, and how many numbers their states are. */
interface CountedLooks {
  readonly answers: KeptLooks['answers'];
  readonly files: number;
  readonly pathBytes: number;
  readonly states: number;
}

interface Header {
  readonly build: string;
  readonly snapshot: KeptSnapshot;
  readonly looks: CountedLooks;
  readonly parts: readonly (Omit<Part, 'looks'> & { readonly looks: CountedLooks })[];
}

/** A snapshot, and what it stands on. */
export interface KeptEnvironment {
  readonly snapshot: KeptSnapshot;
  /** Those of no one distribution. */
  readonly looks: KeptLooks;
  /** Its distributions, but for their files, which are most of it and are seldom needed. */
  readonly parts: readonly Part[];
}

/**
 * Keeps a snapshot and the looks that it stands on, one file an environment: the length of a JSON header, the header,
 * the paths of the files, their states as 64-bit floats. As JSON the states of 15,000 files would take 30 ms to read.
 *
 * @param name - of the environment
 * @returns the name of this state; undefined when the looks vouch for nothing, and nothing is kept
 * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
 */
export async function keepSnapshot(
  cache: Cache,
  name: string,
  { snapshot, ...known }: Omit<KeptEnvironment, 'snapshot'> & { snapshot: Omit<KeptSnapshot, 'state'> }
): Promise<string | undefined> {
  const looks = packed(known.looks);
  const parts = known.parts.map(part => ({ ...part, looks: packed(part.looks) }));
  const all = [looks, ...parts.map(part => part.looks)];
  if (!all.every(({ areSettled }) => areSettled)) return undefined;
  const paths = Buffer.concat(all.map(({ files }) => files.bytes));
  const states = Buffer.concat(all.map(each => bytesOf(each.states)));
  const state = randomUUID();
  const head = Buffer.from(
    JSON.stringify({
      build: BUILD_ID,
      snapshot: { ...snapshot, state },
      looks: described(looks),
      parts: parts.map(part => ({ ...part, looks: described(part.looks) }))
    } satisfies Header)
  );
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  await cache.replace('snapshots', name, [length, head, paths, states]);
  return state;
}

function described({ answers, files, states }: PackedLooks): CountedLooks {
  return { answers, files: files.length, pathBytes: files.bytes.length, states: states.length };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/**
 * What was kept last. The cache hands out only what was put there, so whatever has this build's name has its form; a schema
 * of all that would take as long to check as the files to look at.
 */
export async function keptSnapshot(cache: Cache, name: string): Promise<KeptEnvironment | undefined> {
  const content = await cache.hint('snapshots', name);
  if (content === undefined) return undefined;
  const end = LENGTH_BYTES + content.readUInt32LE();
  const header = JSON.parse(content.toString('utf8', LENGTH_BYTES, end)) as Header;
  if (header.build !== BUILD_ID) return undefined;
  const pathBytes = [header.looks, ...header.parts.map(part => part.looks)].map(each => each.pathBytes);
  let path = end;
  // A copy, since floats can only be seen at addresses that are multiples of eight.
  const statesAt = pathBytes.reduce((sum, bytes) => sum + bytes, end);
  const states = new Float64Array(Uint8Array.from(content.subarray(statesAt)).buffer);
  let number = 0;
  const take = (counted: CountedLooks): KeptLooks => ({
    answers: counted.answers,
    files: new Paths(content.subarray(path, (path += counted.pathBytes)), counted.files),
    states: states.subarray(number, (number += counted.states)),
    areSettled: true
  });
  return {
    snapshot: header.snapshot,
    looks: take(header.looks),
    parts: header.parts.map(part => ({ ...part, looks: take(part.looks) }))
  };
}
