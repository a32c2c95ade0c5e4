import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../errors.js';
import { assertObjectName } from '../names.js';
import type { Access } from '../target.js';
import { encodedPath } from '../url.js';
import { directoryError } from './errors.js';
import type { DirectoryLocation } from './location.js';

/** How Spark and programs on this machine reach the files of a directory. */
export function directoryAccess({ url, path: folder }: DirectoryLocation): Access {
  return {
    uri(name) {
      assertObjectName(name);
      return `${url}/${encodedPath([name])}`;
    },
    async executablePath(name) {
      assertObjectName(name);
      const path = join(folder, name);
      try {
        // access(2) refuses X_OK on a file system that is mounted noexec, too.
        await access(path, constants.X_OK);
      } catch (error) {
        if (hasCode(error, 'EACCES')) return undefined;
        if (!hasCode(error, 'ENOENT')) throw directoryError(error, `Looking for ${name} in ${url}`, folder);
      }
      return path;
    },
    sparkProperties: () => ({})
  };
}
