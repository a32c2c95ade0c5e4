import { ShipEnvError } from '../errors.js';

/** What a list leaves out: probes and files that are being written. */
export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/**
 * An object's name: one path segment, so that nothing is ever read, written or deleted outside the target.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
export function assertObjectName(name: string): void {
  // Control characters are what must not get into a name.
  if (name === '' || name === '.' || name === '..' || /[/\\\u0000-\u001f\u007f]/u.test(name)) {
    throw new ShipEnvError('USAGE_INVALID', `${JSON.stringify(name)} cannot be the name of an object on a target.`, {
      hint: 'Use a name as list prints it, without a folder.'
    });
  }
}
