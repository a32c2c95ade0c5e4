import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { BUILD_ID } from '../build-id.js';
import type { Cache } from '../cache/cache.js';
import { editable, finding, interpreter } from '../contract/snapshot.js';
import { parseJson } from '../json.js';
import type { Looks } from './looks.js';
import type { KeptLooks } from './unchanged.js';

const LENGTH_BYTES = 4;

/** What is kept of a snapshot: all but its distributions, which are most of it and which an unchanged ship never needs. */
const kept = z.object({
  build: z.literal(BUILD_ID),
  /** Names this state of the environment. */
  state: z.string(),
  siteDirectories: interpreter.shape.siteDirectories,
  distributionCount: z.number(),
  editables: z.array(z.object({ editable, layer: z.enum(['environment', 'base']), isCompiled: z.boolean() })),
  findings: z.array(finding)
});
export type KeptSnapshot = z.infer<typeof kept>;

const header = z.object({
  snapshot: kept,
  answers: z.array(z.tuple([z.enum(['kind', 'real-path', 'listing']), z.string(), z.string()])),
  /** Bytes of the paths, each ended by a NUL. */
  pathBytes: z.number()
});

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
  snapshot: Omit<KeptSnapshot, 'build' | 'state'>,
  looks: Looks
): Promise<string | undefined> {
  if (!looks.areSettled) return undefined;
  const paths = Buffer.from(looks.files.map(path => `${path}\0`).join(''));
  const states = Buffer.from(Float64Array.from(looks.states).buffer);
  const state = randomUUID();
  const head = Buffer.from(
    JSON.stringify({
      snapshot: { ...snapshot, build: BUILD_ID, state },
      answers: looks.answers,
      pathBytes: paths.length
    } satisfies z.infer<typeof header>)
  );
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  await cache.replace('snapshots', name, Buffer.concat([length, head, paths, states]));
  return state;
}

/** What was kept last; what cannot be read as our own is as good as not there. */
export async function keptSnapshot(
  cache: Cache,
  name: string
): Promise<{ snapshot: KeptSnapshot; looks: KeptLooks } | undefined> {
  const content = await cache.hint('snapshots', name);
  if (content === undefined || content.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + content.readUInt32LE();
  const parsed = header.safeParse(parseJson(content.toString('utf8', LENGTH_BYTES, end)));
  if (!parsed.success) return undefined;
  const { snapshot, answers, pathBytes } = parsed.data;
  const files = content
    .toString('utf8', end, end + pathBytes)
    .split('\0')
    .slice(0, -1);
  // A copy, since floats can only be seen at addresses that are multiples of eight.
  const states = Uint8Array.from(content.subarray(end + pathBytes));
  if (states.length % Float64Array.BYTES_PER_ELEMENT !== 0) return undefined;
  return { snapshot, looks: { answers, files, states: new Float64Array(states.buffer) } };
}
