import { dirname, join } from 'node:path';
import { FILE_KINDS } from '../system/files/read.js';
import { decodeText } from './metadata.js';
import { readOptional } from '../memo/disk.js';

/** The content of `pyvenv.cfg` (PEP 405; the keys of venv, virtualenv and uv). */
export interface PyvenvConfig {
  /** Folder of the python that the environment was made from; empty when the file does not name it. */
  readonly home: string;
  /** True when the key is missing, as in `site.venv`. */
  readonly includeSystemSite: boolean;
  /** uv's `extends-environment`: prefix of another environment whose packages can be imported in this one. */
  readonly extendsEnvironment?: string;
}

/** Reads `key = value` lines. Keys are compared without case; other lines are ignored. */
export function parsePyvenvConfig(text: string): PyvenvConfig {
  const values = new Map<string, string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const equals = line.indexOf('=');
    if (equals !== -1) values.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  const extended = values.get('extends-environment') ?? '';
  return {
    home: values.get('home') ?? '',
    includeSystemSite: (values.get('include-system-site-packages') ?? 'true').toLowerCase() === 'true',
    ...(extended === '' ? {} : { extendsEnvironment: extended })
  };
}

/** A virtual environment that an executable belongs to. */
export interface Pyvenv {
  /** `sys.prefix` of the environment. */
  readonly prefix: string;
  /** Text of pyvenv.cfg. */
  readonly text: string;
  readonly config: PyvenvConfig;
}

/**
 * The virtual environment of an executable. As `site.venv` does, it looks for pyvenv.cfg beside the executable and one folder
 * up, and does not resolve links in the executable's path. Undefined when the python belongs to no virtual environment.
 */
export async function findPyvenv(executable: string): Promise<Pyvenv | undefined> {
  const binaries = dirname(executable);
  const prefix = dirname(binaries);
  for (const folder of [binaries, prefix]) {
    const content = await readOptional(join(folder, 'pyvenv.cfg'), FILE_KINDS.pyvenv);
    if (content === undefined) continue;
    const text = decodeText(content);
    return { prefix, text, config: parsePyvenvConfig(text) };
  }
  return undefined;
}
