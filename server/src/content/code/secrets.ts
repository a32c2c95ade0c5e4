import { basename } from 'node:path';
import { ShipEnvError } from '../../errors.js';
import type { CodeFile } from './files.js';

/**
 * Refuses files that look like secrets. The error lists paths, never contents.
 *
 * @param suspects - the files that look like secrets
 * @param allowed - file names, or paths relative to the project, that may ship anyway
 * @throws ShipEnvError CODE_SECRET_FOUND
 */
export function refuseSecrets(editableName: string, suspects: readonly CodeFile[], allowed: readonly string[]): void {
  const names = new Set(allowed.map(name => name.replace(/^(?:\.\/)+/, '')));
  const refused = suspects.map(file => file.displayPath).filter(path => !names.has(path) && !names.has(basename(path)));
  if (refused.length === 0) return;
  const [noun, verb] = refused.length === 1 ? ['file', 'looks like a secret'] : ['files', 'look like secrets'];
  throw new ShipEnvError(
    'CODE_SECRET_FOUND',
    `The code of ${editableName} should ship, but ${refused.length} ${noun} in it ${verb}: ${refused.join(', ')}.`,
    {
      hint:
        `Leave ${refused.length === 1 ? 'it' : 'them'} out with a line in .shipignore, or move ` +
        `${refused.length === 1 ? 'it' : 'them'} out of the package. To ship ${refused.length === 1 ? 'it' : 'them'}, allow ` +
        `${refused.length === 1 ? 'it' : 'them'} by name: --allow-secret ${refused.join(' ')}`
    }
  );
}
