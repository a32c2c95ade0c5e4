import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Interpreter } from '../../contract/snapshot.js';
import { orNothing } from '../../system/files/nothing.js';
import { isWithin } from '../../system/files/within.js';

/**
 * The python that the environment stands on: the file itself, since a link may lead to another version tomorrow. In an
 * environment with a copy of the python, it is the one of the installation.
 */
export async function basePythonOf({ executable, prefix, basePrefix, minor }: Interpreter): Promise<string> {
  const real = await realpath(executable);
  const isCopy = prefix !== basePrefix && isWithin(real, (await orNothing(realpath(prefix))) ?? prefix);
  return isCopy ? realpath(join(basePrefix, 'bin', `python${minor}`)) : real;
}

/** What Python calls the folder of its modules in an installation or environment: `lib/python3.11`, `lib/python3.13t`. */
export function libraryOf({ minor, abiTag }: Pick<Interpreter, 'minor' | 'abiTag'>): string {
  return `lib/python${minor}${abiTag.endsWith('t') ? 't' : ''}`;
}
