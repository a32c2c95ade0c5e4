import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { libraryOf } from '../../content/interpreter/base-python.js';
import type { OwnModule } from '../../content/runtime-modules.js';
import type { Interpreter } from '../../contract/snapshot.js';
import { crc32 } from '../../payloads/crc32.js';
import { ACTIVATE } from './activate.js';
import { MEMBER_HEADER, memberTrailer, storedBlocks } from './gzip.js';
import { sitePackagesOf } from './places.js';
import { padding, tarHeader } from './tar.js';

/** The first bytes of an archive: the files that come from no distribution. */
export interface Head {
  readonly bytes: Buffer;
  /** sha256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Places of the files in the head. */
  readonly places: readonly string[];
}

/** What the head depends on. */
export interface HeadOf {
  readonly interpreter: Interpreter;
  /** Absolute path of the program. Each node has it at the same path, unless the interpreter is in the archive. */
  readonly basePython: string;
  /** Whether a segment brings the interpreter itself: the program and the standard library. */
  readonly isInside: boolean;
  /** Our own modules that every executor can import. */
  readonly modules: readonly OwnModule[];
}

/** A file or a link of the head. */
interface Entry {
  readonly name: string;
  readonly content?: Buffer;
  readonly link?: string;
}

/**
 * Python runs this line at each start. It waits for the import of pyspark, to use the newest code archives
 * (ship_env_finder.py), and puts the code of `ship-env run`, or of a driver on a node, behind the packages.
 */
const START =
  'import ship_env_finder; ship_env_finder.install(); ship_env_finder.add_code(); ' +
  'ship_env_finder.add_driver_code()\n';

/**
 * Makes the head: the parts of a virtual environment (PEP 405) that no distribution brings. All archives of one release
 * and one Python have the same head. It is stored and not compressed, so it does not depend on the version of zlib.
 * Pure.
 */
export function headOf(of: HeadOf): Head {
  const entries = entriesOf(of);
  const tar = Buffer.concat(entries.flatMap(tarOf));
  const bytes = Buffer.concat([
    MEMBER_HEADER,
    ...storedBlocks(tar, { isLast: true }),
    memberTrailer(crc32(tar), tar.length)
  ]);
  return {
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    places: entries.map(({ name }) => name)
  };
}

function entriesOf(of: HeadOf): Entry[] {
  const { interpreter, modules } = of;
  const sitePackages = sitePackagesOf(interpreter);
  return [
    { name: 'lib64', link: posix.dirname(libraryOf(interpreter)) },
    ...pythonEntries(of),
    { name: 'bin/activate', content: Buffer.from(ACTIVATE) },
    ...modules.map(({ name, source }) => ({ name: `${sitePackages}/${name}`, content: source })),
    { name: `${sitePackages}/zz_ship_env.pth`, content: Buffer.from(START) }
  ];
}

/** Links to the program in the archive; or else what makes the folder a virtual environment of the node's python. */
function pythonEntries({ interpreter, basePython, isInside }: HeadOf): Entry[] {
  const names = ['python', 'python3', `python${interpreter.minor}`];
  if (isInside) {
    const program = posix.basename(basePython);
    return names.filter(name => name !== program).map(name => ({ name: `bin/${name}`, link: program }));
  }
  return [
    { name: 'pyvenv.cfg', content: Buffer.from(pyvenv(interpreter, basePython)) },
    ...names.map((name, index) => ({ name: `bin/${name}`, link: index === 0 ? basePython : 'python' }))
  ];
}

/** The packages that the node has installed stay out, so that executors have what the kernel has. */
function pyvenv({ version }: Interpreter, basePython: string): string {
  const config = {
    home: posix.dirname(basePython),
    'include-system-site-packages': 'false',
    version
  };
  return Object.entries(config)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}

function tarOf({ name, content = Buffer.alloc(0), link }: Entry): Buffer[] {
  const header = tarHeader({ name, size: content.length, executable: false, ...(link === undefined ? {} : { link }) });
  return [header, content, padding(content.length)];
}
