import { constants, closeSync, fstatSync, openSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../../errors.js';

/**
 * O_NONBLOCK: to open a FIFO without a writer would block for ever. O_NOCTTY: a terminal in the place of a file must not
 * become the controlling terminal.
 */
const READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** How a file is opened. */
export interface OpenOptions {
  /**
   * What happens when the path is a link. `follow`: installers link files, too. `refuse`: the caller knows that there was no
   * link a moment ago. Links among the parent folders are always followed.
   */
  readonly links?: 'follow' | 'refuse';
}

/** Something else is in the place of a regular file. It was not read. */
export class NotRegular extends Error {
  override readonly name = 'NotRegular';
  readonly path: string;
  /** What is there instead: `a FIFO`. */
  readonly found: string;

  constructor(path: string, found: string) {
    super(`${path} is ${found}, not a regular file.`);
    this.path = path;
    this.found = found;
  }
}

/**
 * Opens a regular file for reading. It never waits for a process at the other end of a FIFO.
 *
 * @throws NotRegular; the system's error
 */
export async function openRegular(path: string, options: OpenOptions = {}): Promise<FileHandle> {
  const handle = await open(path, flagsOf(options)).catch((error: unknown) => {
    throw meant(path, error, options);
  });
  try {
    assertRegular(path, await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * {@link openRegular}, synchronously.
 *
 * @returns the descriptor, which the caller closes, and the state of the file
 */
export function openRegularSync(path: string, options: OpenOptions = {}): { file: number; stats: Stats } {
  const file = openHere(path, options);
  try {
    const stats = fstatSync(file);
    assertRegular(path, stats);
    return { file, stats };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** @throws NotRegular */
export function assertRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const found = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a FIFO'
      : stats.isSocket()
        ? 'a socket'
        : stats.isSymbolicLink()
          ? 'a link'
          : 'a device';
  throw new NotRegular(path, found);
}

function openHere(path: string, options: OpenOptions): number {
  try {
    return openSync(path, flagsOf(options));
  } catch (error) {
    throw meant(path, error, options);
  }
}

function flagsOf({ links = 'follow' }: OpenOptions): number {
  return links === 'refuse' ? READ | constants.O_NOFOLLOW : READ;
}

/** Translates errors of `open`: ENXIO or ENODEV for a socket or a device without a driver, ELOOP for a refused link. */
function meant(path: string, error: unknown, { links }: OpenOptions): unknown {
  if (hasCode(error, 'ENXIO', 'ENODEV')) return new NotRegular(path, 'a socket or a device');
  if (links === 'refuse' && hasCode(error, 'ELOOP')) return new NotRegular(path, 'a link');
  return error;
}
