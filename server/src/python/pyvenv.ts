import { dirname, join } from 'node:path';
import { FILE_KINDS } from '../system/files/read.js';
import { decodeText } from './metadata.js';
import { readOptional } from '../memo/disk.js';

/** What `pyvenv.cfg` says about a virtual environment (PEP 405; the keys of venv, virtualenv and uv). */
export interface PyvenvConfig {
  /** Folder of the python it was made from; empty when not named. */
  readonly home: string;
  /** True when the key is missing, as `site.venv` has it. */
  readonly includeSystemSite: boolean;
  /** uv's `extends-environment`: prefix of an environment whose packages this one sees too. */
  readonly extendsEnvironment?: string;
}

/** Reads `key = value` lines; keys without case, anything else ignored. */
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
  /** Content of pyvenv.cfg. */
  readonly text: string;
  readonly config: PyvenvConfig;
}

/**
 * The environment of an executable: pyvenv.cfg beside it or one folder up, links in the executable's path not
 * resolved, as `site.venv` looks for it. Undefined when the python is no virtual environment's.
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
