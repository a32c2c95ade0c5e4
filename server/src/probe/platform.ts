import { ShipEnvError } from '../errors.js';
import { shown } from '../text/shown.js';

/** The C library of a machine. */
export interface Libc {
  readonly family: 'glibc' | 'musl';
  /** `[2, 28]`. */
  readonly version: readonly [number, number];
}

/** A kind of machine, as the platform of a wheel tag says it. */
export interface Platform {
  /** `x86_64`, `aarch64`, …: `uname -m`. */
  readonly architecture: string;
  /** Undefined in `linux_x86_64`, which says nothing of the C library. */
  readonly libc: Libc | undefined;
}

/** The python of a node, as far as wheel tags depend on it. */
export interface PythonVersion {
  /** `3.11`. */
  readonly minor: string;
  /** The build without a global lock, whose ABI tag ends with `t`. */
  readonly isFreeThreaded: boolean;
}

/** The names of manylinux before PEP 600, and the glibc that they stand for. */
const LEGACY: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['manylinux1', [2, 5]],
  ['manylinux2010', [2, 12]],
  ['manylinux2014', [2, 17]]
]);

/**
 * Parses the platform of a wheel tag (PEP 600, PEP 656): `manylinux_2_28_x86_64`, `manylinux2014_aarch64`,
 * `musllinux_1_2_x86_64`, `linux_x86_64`.
 *
 * @returns undefined for another platform
 */
export function parsePlatform(text: string): Platform | undefined {
  const [, family, major, minor, architecture] = /^(many|musl)linux_(\d{1,4})_(\d{1,4})_(\w+)$/.exec(text) ?? [];
  if (architecture !== undefined) {
    return {
      architecture,
      libc: { family: family === 'musl' ? 'musl' : 'glibc', version: [Number(major), Number(minor)] }
    };
  }
  const [, name = '', named] = /^(manylinux\d+|linux)_(\w+)$/.exec(text) ?? [];
  const version = LEGACY.get(name);
  if (named === undefined || (version === undefined && name !== 'linux')) return undefined;
  return { architecture: named, libc: version && { family: 'glibc', version } };
}

/**
 * The platform of `--platform`.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
export function requestedPlatform(text: string): Platform {
  const platform = parsePlatform(text.trim());
  if (platform !== undefined) return platform;
  throw new ShipEnvError('USAGE_INVALID', `"${shown(text)}" is not the platform of a wheel tag for Linux.`, {
    hint: 'Write manylinux_2_28_x86_64 for nodes with glibc 2.28 or later (ldd --version on a node tells the version), musllinux_1_2_x86_64, or linux_x86_64.'
  });
}

/**
 * The version of `--python-version`: `3.11`, `3.11.7`, `3.13t`.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
export function requestedPython(text: string): PythonVersion {
  const [, minor, free] = /^(3\.\d{1,3})(?:\.\d{1,3})?(t?)$/.exec(text.trim()) ?? [];
  if (minor !== undefined) return { minor, isFreeThreaded: free === 't' };
  throw new ShipEnvError('USAGE_INVALID', `"${shown(text)}" is not a version of Python 3.`, {
    hint: 'Write the minor version that the nodes have: 3.11.'
  });
}

/** The C library of a node, from `glibc 2.36`; undefined when the node could not tell. */
export function parseLibc(text: string): Libc | undefined {
  const [, family, major, minor] = /^(glibc|musl) (\d{1,4})\.(\d{1,4})/.exec(text) ?? [];
  if (family === undefined) return undefined;
  return { family: family === 'musl' ? 'musl' : 'glibc', version: [Number(major), Number(minor)] };
}

/** `manylinux_2_28_x86_64`. */
export function platformTag({ architecture, libc }: Platform): string {
  if (libc === undefined) return `linux_${architecture}`;
  return `${libc.family === 'musl' ? 'musl' : 'many'}linux_${libc.version.join('_')}_${architecture}`;
}

/** `glibc 2.28 on x86_64`, `Linux on x86_64`. */
export function platformText({ architecture, libc }: Platform): string {
  return `${libc === undefined ? 'Linux' : `${libc.family} ${libc.version.join('.')}`} on ${architecture}`;
}

/** Negative when `left` is older. */
export function compareVersions(left: readonly [number, number], right: readonly [number, number]): number {
  return left[0] - right[0] || left[1] - right[1];
}
