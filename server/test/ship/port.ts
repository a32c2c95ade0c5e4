import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../../src/system/cache/cache.js';
import { manifest } from '../../src/contract/manifest.js';
import { shipRequest, type ShipRequestInput, type StepEvent } from '../../src/contract/ship.js';
import { isRecordName } from '../../src/records/record.js';
import { ship } from '../../src/ship/ship.js';
import type { KnownManifests } from '../../src/ship/holdings.js';
import type { DigestMemory } from '../../src/payloads/digest-memory.js';
import type { KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';

/** The start and the destination of a test's ships: a cache and a directory as target. */
export interface Port {
  /** The folder of the target. */
  directory: string;
  cache: Cache;
  request: (more?: Partial<ShipRequestInput>) => ReturnType<typeof shipRequest.parse>;
  ship: (options?: {
    more?: Partial<ShipRequestInput>;
    signal?: AbortSignal;
    emit?: (event: StepEvent) => void;
    digests?: DigestMemory;
    manifests?: KnownManifests;
    onCreated?: (names: readonly string[]) => void;
  }) => ReturnType<typeof ship>;
}

/**
 * A port with an empty target. Two ports are two machines: their ships do not take turns.
 *
 * @param cacheFolder - folder of a shared cache; without it the port has a new one
 */
export async function makePort(kernel: KernelVenv, cacheFolder?: string): Promise<Port> {
  return portIn(await temporaryFolder(), kernel, cacheFolder);
}

/** A port in a folder that the caller removes. */
export async function portIn(folder: string, kernel: KernelVenv, cacheFolder?: string): Promise<Port> {
  const directory = join(folder, 'target');
  const cache = await Cache.open(cacheFolder ?? join(folder, 'cache'));
  const request: Port['request'] = more =>
    shipRequest.parse({
      python: kernel.python,
      target: { name: '', url: `file://${directory}` },
      master: 'local-cluster[2,1,1024]',
      ...more
    });
  return {
    directory,
    cache,
    request,
    ship: ({ more, signal = new AbortController().signal, emit = () => undefined, ...kept } = {}) =>
      ship(request(more), { cache, signal, emit, ...kept })
  };
}

/** Names on the target, without the records of ships; none when its folder does not exist. */
export async function names(directory: string): Promise<string[]> {
  return (await everyName(directory)).filter(name => !isRecordName(name));
}

/** Removes the records of ships: then the target is as a ship-env without records leaves it. */
export async function forgetShips(directory: string): Promise<void> {
  for (const name of await recordNames(directory)) await rm(join(directory, name));
}

/** Names of the records of ships on the target, oldest first. */
export async function recordNames(directory: string): Promise<string[]> {
  return (await everyName(directory)).filter(isRecordName);
}

async function everyName(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(() => [])).sort();
}

/** Bytes of these files of a folder. */
export async function bytesOf(directory: string, files: readonly string[]): Promise<number> {
  const infos = await Promise.all(files.map(name => stat(join(directory, name))));
  return infos.reduce((sum, { size }) => sum + size, 0);
}

/** The text of a manifest, changed to another Python. */
export function ofAnotherPython(text: string): string {
  return text.replaceAll(`"${manifest.parse(JSON.parse(text)).python.abiTag}"`, '"cp399"');
}
