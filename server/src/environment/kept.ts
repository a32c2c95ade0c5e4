import { randomUUID } from 'node:crypto';
import { BUILD_ID } from '../system/build-id.js';
import type { Cache } from '../system/cache/cache.js';
import type { Finding, Interpreter } from '../contract/snapshot.js';
import type { FoundEditable } from './editables/editables.js';
import { type KeptLooks, type PackedLooks, packed } from '../memo/looks.js';
import type { KnownDistribution } from './known-distributions.js';
import { Paths } from '../memo/paths.js';

const LENGTH_BYTES = 4;
/** Of a float. They can only be seen at addresses that are multiples of it. */
const FLOAT_BYTES = 8;

/** What is kept of a snapshot besides its distributions. */
export interface KeptSnapshot {
  /** Names this state of the environment. */
  readonly state: string;
  readonly siteDirectories: Interpreter['siteDirectories'];
  readonly editables: readonly FoundEditable[];
  readonly findings: readonly Finding[];
}

/** Looks without the files: their folder, how many there were, the bytes of their paths, how many numbers their states are. */
interface CountedLooks {
  readonly answers: KeptLooks['answers'];
  readonly root: string;
  readonly files: number;
  readonly pathBytes: number;
  readonly states: number;
}

interface Header {
  readonly build: string;
  readonly snapshot: KeptSnapshot;
  readonly looks: CountedLooks;
  readonly parts: readonly (Omit<KnownDistribution, 'looks'> & { readonly looks: CountedLooks })[];
}

/** A snapshot, and what it stands on. */
export interface KeptEnvironment {
  readonly snapshot: KeptSnapshot;
  /** Those of no one distribution. */
  readonly looks: KeptLooks;
  /** Its distributions, but for their files, which are most of it and are seldom needed. */
  readonly parts: readonly KnownDistribution[];
}

/**
 * Keeps a snapshot and the looks that it stands on, one file an environment: the length of a JSON header, the header,
 * the states of the files as 64-bit floats, their paths. As JSON the states of 15,000 files would take 30 ms to read.
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
  const head = aligned(
    JSON.stringify({
      build: BUILD_ID,
      snapshot: { ...snapshot, state },
      looks: described(looks),
      parts: parts.map(part => ({ ...part, looks: described(part.looks) }))
    } satisfies Header)
  );
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  await cache.replace('snapshots', name, [length, head, states, paths]);
  return state;
}

function described({ answers, files, states }: PackedLooks): CountedLooks {
  return { answers, root: files.root, files: files.length, pathBytes: files.bytes.length, states: states.length };
}

/** A header behind which floats can be seen: with blanks at its end, which JSON allows. */
function aligned(header: string): Buffer {
  const bytes = LENGTH_BYTES + Buffer.byteLength(header);
  return Buffer.from(header + ' '.repeat(-bytes & (FLOAT_BYTES - 1)));
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
  const numbers = [header.looks, ...header.parts.map(part => part.looks)].reduce((sum, each) => sum + each.states, 0);
  let path = end + numbers * FLOAT_BYTES;
  const states = floatsIn(content.subarray(end, path));
  let number = 0;
  const take = (counted: CountedLooks): KeptLooks => ({
    answers: counted.answers,
    files: new Paths(counted.root, content.subarray(path, (path += counted.pathBytes)), counted.files),
    states: states.subarray(number, (number += counted.states)),
    areSettled: true
  });
  return {
    snapshot: header.snapshot,
    looks: take(header.looks),
    parts: header.parts.map(part => ({ ...part, looks: take(part.looks) }))
  };
}

/** Where they are; a copy only where the system has put what was read at an odd address. */
function floatsIn(bytes: Buffer): Float64Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % FLOAT_BYTES === 0 ? bytes : Uint8Array.from(bytes);
  return new Float64Array(buffer, byteOffset, length / FLOAT_BYTES);
}
