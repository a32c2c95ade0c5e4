import { ShipEnvError } from '../errors.js';

/** Is this the name of a probe object, or of a file that is being written? Lists leave them out. */
export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/**
 * Checks the name of an object: it must be one path segment, so that nothing is ever read, written or deleted outside
 * the target.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
export function assertObjectName(name: string): void {
  // The pattern holds control characters, since they must not be in a name.
  if (name === '' || name === '.' || name === '..' || /[/\\\u0000-\u001f\u007f]/u.test(name)) {
    throw new ShipEnvError('USAGE_INVALID', `${JSON.stringify(name)} cannot be the name of an object on a target.`, {
      hint: 'Use a name as list prints it, without a folder.'
    });
  }
}
