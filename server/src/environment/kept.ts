import { randomUUID } from 'node:crypto';
import { BUILD_ID } from '../system/build-id.js';
import type { Cache } from '../system/cache/cache.js';
import type { Finding, Interpreter } from '../contract/snapshot.js';
import type { FoundEditable } from './editables/editables.js';
import { type KeptLooks, type PackedLooks, packed } from '../memo/looks.js';
import type { KnownDistribution } from './known-distributions.js';
import { Paths } from '../memo/paths.js';

const LENGTH_BYTES = 4;
/** Bytes of a float. A Float64Array must begin at a multiple of it. */
const FLOAT_BYTES = 8;

/** The stored each of a snapshot besides its distributions. */
export interface KeptSnapshot {
  /** Names this state of the environment. */
  readonly state: string;
  readonly siteDirectories: Interpreter['siteDirectories'];
  readonly editables: readonly FoundEditable[];
  readonly findings: readonly Finding[];
}

/** Looks as the header describes them; the paths and states of the files are stored behind the header. */
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
  readonly distributions: readonly (Omit<KnownDistribution, 'looks'> & { readonly looks: CountedLooks })[];
}

/** A snapshot, and the looks that it depends on. */
export interface KeptEnvironment {
  readonly snapshot: KeptSnapshot;
  /** The looks that belong to no single distribution. */
  readonly looks: KeptLooks;
  /** Its distributions without their files, which take most of the space and are seldom needed. */
  readonly distributions: readonly KnownDistribution[];
}

/**
 * Stores a snapshot and the looks that it depends on, in one file for each environment: the length of a JSON header, the
 * header, the states of the files as 64-bit floats, their paths. As JSON, the states of 15,000 files would take 30 ms to read.
 *
 * @param name - name of the environment
 * @returns the name of this state; undefined when the looks are not settled and nothing was stored
 * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
 */
export async function keepSnapshot(
  cache: Cache,
  name: string,
  { snapshot, ...known }: Omit<KeptEnvironment, 'snapshot'> & { snapshot: Omit<KeptSnapshot, 'state'> }
): Promise<string | undefined> {
  const looks = packed(known.looks);
  const distributions = known.distributions.map(each => ({ ...each, looks: packed(each.looks) }));
  const all = [looks, ...distributions.map(each => each.looks)];
  if (!all.every(({ areSettled }) => areSettled)) return undefined;
  const paths = Buffer.concat(all.map(({ files }) => files.bytes));
  const states = Buffer.concat(all.map(each => bytesOf(each.states)));
  const state = randomUUID();
  const head = aligned(
    JSON.stringify({
      build: BUILD_ID,
      snapshot: { ...snapshot, state },
      looks: described(looks),
      distributions: distributions.map(each => ({ ...each, looks: described(each.looks) }))
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

/** Pads a header with spaces, which JSON allows, so that the floats behind it begin at a multiple of their size. */
function aligned(header: string): Buffer {
  const bytes = LENGTH_BYTES + Buffer.byteLength(header);
  return Buffer.from(header + ' '.repeat(-bytes & (FLOAT_BYTES - 1)));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/**
 * The snapshot that was stored last. The cache detects damage, so a file with this build's name has this build's form. To
 * validate all of it with a schema would take as long as to look at the files.
 */
export async function keptSnapshot(cache: Cache, name: string): Promise<KeptEnvironment | undefined> {
  const content = await cache.hint('snapshots', name);
  if (content === undefined) return undefined;
  const end = LENGTH_BYTES + content.readUInt32LE();
  const header = JSON.parse(content.toString('utf8', LENGTH_BYTES, end)) as Header;
  if (header.build !== BUILD_ID) return undefined;
  const numbers = [header.looks, ...header.distributions.map(each => each.looks)].reduce(
    (sum, each) => sum + each.states,
    0
  );
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
    distributions: header.distributions.map(each => ({ ...each, looks: take(each.looks) }))
  };
}

/** The floats in these bytes. The bytes are copied only when they are not aligned. */
function floatsIn(bytes: Buffer): Float64Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % FLOAT_BYTES === 0 ? bytes : Uint8Array.from(bytes);
  return new Float64Array(buffer, byteOffset, length / FLOAT_BYTES);
}
