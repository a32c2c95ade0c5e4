import type { Distribution } from '../contract/snapshot.js';
import { compareText } from '../text/compare.js';

/**
 * The name of a distribution's wheel, computed as the pex tool does (pex/wheel.py, Wheel.wheel_file_name): the tags of WHEEL,
 * each part without repeats, in the order of first occurrence.
 */
export function wheelName({ name, version, tags }: Pick<Distribution, 'name' | 'version' | 'tags'>): string {
  const parts = ([0, 1, 2] as const).map(index => [...new Set(tags.flatMap(tag => partsOf(tag, index)))].join('.'));
  // Neither is brought into normal form, because this would lower-case the name and cut zeros off the version.
  return `${name.replaceAll(/[-_.]+/g, '_')}-${version.replaceAll('-', '_')}-${parts.join('-')}.whl`;
}

/**
 * The python version for the folder of C headers, `3.11`, when all tags agree on one; else the tool's `X.Y`
 * (pex/pep_427.py, _headers_install_path_for_wheel).
 */
export function headersVersion(tags: readonly string[]): string {
  const versions = new Set(
    tags.flatMap(tag => partsOf(tag, 0)).map(interpreter => /\d+(?:_\d+)*/.exec(interpreter)?.[0] ?? '')
  );
  const [only] = versions;
  if (versions.size !== 1 || only === undefined || only.length < 2) return 'X.Y';
  const [major, minor] = only.includes('_') ? only.split('_') : [only.slice(0, 1), only.slice(1)];
  return `${major}.${minor}`;
}

/**
 * The parts at one place of a compressed tag set (PEP 425): `py2.py3-none-any` stands for two tags. The pex tool sorts the
 * list of all tags; then the parts at each place are sorted too. The list itself is not made, because three places with a
 * hundred parts each give a million tags.
 */
function partsOf(tag: string, index: 0 | 1 | 2): string[] {
  return (tag.split('-')[index] ?? '').split('.').sort(compareText);
}
