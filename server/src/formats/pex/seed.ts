import { inflateRawSync } from 'node:zlib';
import type { Entry } from 'yauzl';
import * as z from 'zod';
import { ROOT_MODULES, loadModules, readReleased } from '../../content/runtime-modules.js';
import { ShipEnvError } from '../../errors.js';
import { DEFLATED, STORED, type ZipEntry, type ZipMethod } from '../../content/segments/zip/records.js';
import type { Seed } from './seed-types.js';

// Relative to this file, which is the bundle in the wheel and in server/dist, and the source in tests.
const SEED_PLACES = ['./seed.pex', '../../../dist/seed.pex'];
/** The package of the node bootstrap, and its modules, each after the modules that it needs. */
const NODE_PACKAGE = 'ship_env_node';
const NODE_MODULES = [
  '__init__',
  'safe',
  'marks',
  'places',
  'locks',
  'identity',
  'entries',
  'artifact',
  'unpack',
  'verify',
  'start',
  'link',
  'prune',
  'ordinary',
  'boot'
];

const BOOTSTRAP = '.bootstrap/';
const LOCAL_HEADER_BYTES = 30;
/** APPNOTE 4.4.4, bit 3: sizes follow the data. The pex tool writes no such entries. */
const FLAG_DATA_DESCRIPTOR = 0x0008;
const PEX_HASH = /pex_hash='([0-9a-f]{40})'/g;

const seedInfo = z.looseObject({
  inherit_path: z.literal('fallback'),
  bootstrap_hash: z.string(),
  pex_hash: z.string(),
  distributions: z.record(z.string(), z.never())
});

let released: Promise<Seed> | undefined;

/**
 * The seed of this release, which is read once in a process. A seed of the person's own (`$SHIP_ENV_SEED`) is read each time.
 *
 * @throws as {@link loadSeed} does
 */
export function currentSeed(): Promise<Seed> {
  if (process.env['SHIP_ENV_SEED']) return loadSeed();
  released ??= loadSeed().catch((error: unknown) => {
    released = undefined;
    throw error;
  });
  return released;
}

/**
 * Reads the empty PEX that the pex tool wrote for scripts/build/seed.mjs, and our modules.
 *
 * @param options - the paths of both; else `$SHIP_ENV_SEED`, else they are beside the bundle
 * @throws ShipEnvError INTERNAL when one is missing, or the PEX differs from what the pinned pex tool writes
 */
export async function loadSeed(options: { seedPath?: string; modulesPath?: string } = {}): Promise<Seed> {
  const seedPath = options.seedPath ?? process.env['SHIP_ENV_SEED'];
  const file = await readReleased(
    'the PEX seed',
    seedPath,
    SEED_PLACES.map(place => new URL(place, import.meta.url))
  );
  const modules = await loadModules(ROOT_MODULES, options.modulesPath);
  const node = await loadModules(
    NODE_MODULES.map(module => `${NODE_PACKAGE}/${module}.py`),
    options.modulesPath
  );
  const entries = await zipEntries(file);
  const text = (name: string): string => {
    const entry = entries.find(candidate => candidate.fileName === name);
    if (entry === undefined) throw malformed(`It has no ${name}.`);
    return content(file, entry).toString('utf8');
  };
  const info = seedInfo.safeParse(JSON.parse(text('PEX-INFO')));
  if (!info.success)
    throw malformed('Its PEX-INFO is not that of an empty PEX with inherit_path=fallback.', info.error);
  const main = text('__main__.py');
  const importHook = text('__pex__/__init__.py');
  for (const source of [main, importHook]) {
    const literals = [...source.matchAll(PEX_HASH)].map(match => match[1]);
    if (literals.length !== 1 || literals[0] !== info.data.pex_hash)
      throw malformed('Its boot code does not name pex_hash once.');
  }
  return {
    bootstrap: rawEntries(
      file,
      entries.filter(entry => entry.fileName.startsWith(BOOTSTRAP))
    ),
    pexInfo: info.data,
    main,
    importHook,
    pexHash: info.data.pex_hash,
    modules,
    node
  };
}

async function zipEntries(file: Buffer): Promise<Entry[]> {
  const { fromBuffer } = (await import('yauzl')).default;
  return new Promise((resolve, reject) => {
    fromBuffer(file, (error, zip) => {
      if (error) return reject(malformed('It is not a zip file.', error));
      const entries: Entry[] = [];
      zip.on('entry', (entry: Entry) => entries.push(entry));
      zip.on('end', () => resolve(entries));
      zip.on('error', cause => reject(malformed('It is not a zip file.', cause)));
    });
  });
}

/** Position of an entry's compressed data. The extra field of the local header may differ from that of the directory. */
function dataRange(file: Buffer, entry: Entry): { start: number; end: number } {
  const header = entry.relativeOffsetOfLocalHeader;
  const start = header + LOCAL_HEADER_BYTES + file.readUInt16LE(header + 26) + file.readUInt16LE(header + 28);
  return { start, end: start + entry.compressedSize };
}

function content(file: Buffer, entry: Entry): Buffer {
  const { start, end } = dataRange(file, entry);
  const data = file.subarray(start, end);
  return methodOf(entry) === DEFLATED ? inflateRawSync(data) : data;
}

function rawEntries(file: Buffer, entries: readonly Entry[]): Seed['bootstrap'] {
  const parts: Buffer[] = [];
  const rows: ZipEntry[] = [];
  let offset = 0;
  for (const entry of entries) {
    if (entry.generalPurposeBitFlag & FLAG_DATA_DESCRIPTOR) throw malformed(`${entry.fileName} has a data descriptor.`);
    const part = file.subarray(entry.relativeOffsetOfLocalHeader, dataRange(file, entry).end);
    parts.push(part);
    rows.push({
      name: entry.fileName,
      offset,
      crc32: entry.crc32,
      compressedSize: entry.compressedSize,
      size: entry.uncompressedSize,
      method: methodOf(entry),
      mode: entry.externalFileAttributes >>> 16
    });
    offset += part.length;
  }
  if (rows.length === 0) throw malformed('It has no .bootstrap.');
  return { bytes: Buffer.concat(parts), entries: rows };
}

function methodOf(entry: Entry): ZipMethod {
  if (entry.compressionMethod === DEFLATED) return DEFLATED;
  if (entry.compressionMethod === STORED) return STORED;
  throw malformed(`${entry.fileName} is compressed in an unknown way.`);
}

function malformed(what: string, cause?: unknown): ShipEnvError {
  return new ShipEnvError('INTERNAL', `The PEX seed is not what the pex tool of this release writes. ${what}`, {
    hint: 'Install jupyterlab-ship-env again; in a clone, run `npm run build`.',
    cause
  });
}
