import type { Distribution } from '../../../contract/snapshot.js';

/** Files of an egg-info that a dist-info has under the same name. The others are for setuptools only. */
const SHARED_WITH_EGG = new Set(['entry_points.txt', 'top_level.txt', 'namespace_packages.txt']);

/** Name of the metadata directory in the PEX, which must be a dist-info. */
export function distInfoName(distribution: Distribution, wheel: string): string {
  if (distribution.metadataKind === 'dist-info') return distribution.metadataName;
  // The first two parts of a wheel's name are those of its dist-info (PEP 427).
  return `${wheel.split('-').slice(0, 2).join('-')}.dist-info`;
}

/**
 * The path of a metadata file in the PEX.
 *
 * @param path - relative to the site directory
 * @returns undefined when the file does not ship; the path itself when the file is not metadata
 */
export function metadataPlace(distribution: Distribution, distInfo: string, path: string): string | undefined {
  const { metadataName } = distribution;
  // The pex tool's own record of the wheel from which it installed.
  if (path.startsWith(`${distInfo.replace(/\.dist-info$/, '')}.pex-info/`)) return undefined;
  if (path === metadataName) return undefined;
  if (!path.startsWith(`${metadataName}/`)) return path;
  const file = path.slice(metadataName.length + 1);
  if (distribution.metadataKind === 'dist-info') return path;
  return SHARED_WITH_EGG.has(file) ? `${distInfo}/${file}` : undefined;
}

/** Path of an egg-info's PKG-INFO; an egg-info may be that file itself. */
export function pkgInfoPath(distribution: Distribution): string {
  const inFolder = `${distribution.metadataName}/PKG-INFO`;
  return distribution.files.some(file => file.path === inFolder) ? inFolder : distribution.metadataName;
}

/** METADATA made from an egg-info's PKG-INFO: the same headers (PEP 314, PEP 566), and the requirements of requires.txt. */
export function metadataFromPkgInfo(pkgInfo: string, distribution: Distribution): string {
  const end = /\r?\n\r?\n/.exec(pkgInfo)?.index ?? pkgInfo.trimEnd().length;
  const headers = pkgInfo.slice(0, end);
  const missing = /^Requires-Dist:/im.test(headers)
    ? []
    : distribution.requires.map(line => `\nRequires-Dist: ${line}`);
  return `${headers}${missing.join('')}${pkgInfo.slice(end).trimEnd()}\n`;
}

/** WHEEL (PEP 427) for a distribution that was installed without one. */
export function wheelText(distribution: Distribution): string {
  return [
    'Wheel-Version: 1.0',
    'Generator: ship-env',
    `Root-Is-Purelib: ${distribution.rootIsPurelib}`,
    ...distribution.tags.map(tag => `Tag: ${tag}`),
    ''
  ].join('\n');
}
