import { access, constants } from 'node:fs/promises';
import { hasCode } from '../../errors.js';
import { isNothing } from './nothing.js';

/** May this process read the file or folder? False when nothing is there. */
export async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch (error) {
    if (isNothing(error) || hasCode(error, 'EACCES')) return false;
    throw error;
  }
}
