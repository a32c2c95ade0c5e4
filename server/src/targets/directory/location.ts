import { homedir } from 'node:os';
import { join } from 'node:path';
import { ShipEnvError } from '../../errors.js';
import { encodedPath, type TargetUrl } from '../url.js';

/** Where a directory target lies. */
export interface DirectoryLocation {
  /** Canonical: `file:///home/ann/ship%20here`. */
  readonly url: string;
  /** Absolute path. */
  readonly path: string;
}

/**
 * The directory that a `file://` URL names; `file://~/x` means a folder in the home directory.
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function directoryOf({ authority, segments }: TargetUrl): DirectoryLocation {
  if (authority !== '' && authority !== 'localhost' && authority !== '~') {
    throw new ShipEnvError(
      'TARGET_URL_INVALID',
      `file://${authority}/… does not name an absolute directory: "${authority}" is in the place of a host name.`,
      { hint: 'Write three slashes, as in file:///path/to/directory, or file://~/directory below your home.' }
    );
  }
  if (authority !== '~' && segments.length === 0) {
    throw new ShipEnvError('TARGET_URL_INVALID', 'The target URL names no directory.', {
      hint: 'Write file:///path/to/directory.'
    });
  }
  const path = authority === '~' ? join(homedir(), ...segments) : `/${segments.join('/')}`;
  return { path, url: `file:///${encodedPath(path.split('/').filter(Boolean))}` };
}
