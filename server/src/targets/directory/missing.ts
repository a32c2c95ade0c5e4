import { stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { ShipEnvError, hasCode } from '../../errors.js';
import { isWithin } from '../../system/files/within.js';
import { shellWord } from '../../text/shell-word.js';

/** A directory that is not there. */
export interface MissingDirectory {
  /** The nearest directory above it that is there. */
  readonly parent: string;
  /** The first ship makes it. */
  readonly isMade: boolean;
}

/**
 * What stands in place of a directory that is not there; undefined when it is there, or something else of its name.
 *
 * A ship makes a directory in the person's home, in the folder for temporary files, and on a file system other than the
 * root one. Elsewhere on the root file system a missing directory mostly is a misspelt mount point, or a share that is
 * not mounted: filling the machine's own disk in its place would show much later.
 */
export async function missingDirectory(path: string): Promise<MissingDirectory | undefined> {
  if ((await deviceOf(path)) !== undefined) return undefined;
  let parent = dirname(path);
  let device = await deviceOf(parent);
  for (; device === undefined && dirname(parent) !== parent; device = await deviceOf(parent)) parent = dirname(parent);
  const isMade =
    [homedir(), tmpdir()].some(folder => isWithin(dirname(path), folder)) || device !== (await deviceOf('/'));
  return { parent, isMade };
}

/** @throws ShipEnvError TARGET_BUCKET_MISSING when the directory is not there and no ship makes it */
export async function requireMakeable(url: string, path: string): Promise<void> {
  const missing = await missingDirectory(path);
  if (missing !== undefined && !missing.isMade) throw directoryMissing(url, path, missing.parent);
}

/** The target's directory is not there, and no ship makes it. */
function directoryMissing(url: string, path: string, parent: string): ShipEnvError {
  return new ShipEnvError(
    'TARGET_BUCKET_MISSING',
    `The directory of the target ${url} does not exist; of its path there is ${parent}.`,
    {
      hint: `Check the path for a typing error, and that the share it belongs to is mounted. When it is right: mkdir -p ${shellWord(path)}`
    }
  );
}

/** The file system that a path lies on; undefined when there is nothing. */
async function deviceOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).dev;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
