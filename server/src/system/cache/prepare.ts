import { chmod, lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShipEnvError } from '../../errors.js';
import { ignoreExisting, makeFolder, removeLeftovers } from './folder.js';
import { makeFolderBelow } from './place.js';
import { forgetTheGone } from './use.js';

/** The file by which backup programs recognise a cache (https://bford.info/cachedir/). */
const TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n# Cache of ship-env, safe to delete.\n';

/**
 * Makes the cache folder when it is missing, private to the user, and removes what killed processes left in it.
 *
 * @throws ShipEnvError CACHE_UNUSABLE when the folder cannot be made or belongs to someone else
 */
export async function prepareFolder(root: string): Promise<void> {
  try {
    await makeFolder(root);
    await makeFolderBelow(root, join(root, 'tmp'));
    const owner = (await lstat(root)).uid;
    if (process.getuid !== undefined && owner !== process.getuid()) {
      throw new ShipEnvError('CACHE_UNUSABLE', `The cache folder ${root} belongs to another user (uid ${owner}).`, {
        hint: 'Point SHIP_ENV_CACHE at a folder of your own.'
      });
    }
    await chmod(root, 0o700);
    // `wx` never opens what is there already: to write to a FIFO would block for ever.
    await writeFile(join(root, 'CACHEDIR.TAG'), TAG, { flag: 'wx' }).catch(ignoreExisting);
    await removeLeftovers(join(root, 'tmp'));
    await forgetTheGone(root);
  } catch (error) {
    if (error instanceof ShipEnvError) throw error;
    throw new ShipEnvError('CACHE_UNUSABLE', `The cache folder ${root} cannot be used.`, {
      hint: 'Free disk space or point SHIP_ENV_CACHE at a folder that you can write to.',
      cause: error
    });
  }
}
