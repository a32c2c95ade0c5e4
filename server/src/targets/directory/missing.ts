import { stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { ShipEnvError, hasCode } from '../../errors.js';
import { isWithin } from '../../system/files/within.js';
import { shellWord } from '../../text/shell-word.js';

/** A directory that does not exist. */
export interface MissingDirectory {
  /** The nearest parent directory that exists. */
  readonly parent: string;
  /** Will the first ship make the directory? */
  readonly isMade: boolean;
}

/**
 * Describes a missing directory; undefined when the path exists, as a directory or as anything else.
 *
 * A ship makes a directory in the person's home, in the folder for temporary files, and on a file system other than the
 * root one. Elsewhere on the root file system a missing directory mostly is a misspelt mount point, or a share that is
 * not mounted: a ship would fill the machine's own disk instead, and nobody would notice for long.
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

/** @throws ShipEnvError TARGET_BUCKET_MISSING when the directory does not exist and no ship makes it */
export async function requireMakeable(url: string, path: string): Promise<void> {
  const missing = await missingDirectory(path);
  if (missing !== undefined && !missing.isMade) throw directoryMissing(url, path, missing.parent);
}

/** The error about a missing directory that no ship makes. */
function directoryMissing(url: string, path: string, parent: string): ShipEnvError {
  return new ShipEnvError(
    'TARGET_BUCKET_MISSING',
    `The directory of the target ${url} does not exist; only ${parent} exists.`,
    {
      hint: `Check the path for a typing error, and check that its share is mounted. When the path is right, run:  mkdir -p ${shellWord(path)}`
    }
  );
}

/** The device of the file system of a path; undefined when the path does not exist. */
async function deviceOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).dev;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
