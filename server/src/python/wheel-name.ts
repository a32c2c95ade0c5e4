import type { Distribution } from '../contract/snapshot.js';
import { compareText } from '../text/compare.js';

/**
 * The name of a distribution's wheel, rebuilt as the pex tool does (pex/wheel.py, Wheel.wheel_file_name): the tags of
 * WHEEL, each part without repeats in the order of first sight.
 */
export function wheelName({ name, version, tags }: Pick<Distribution, 'name' | 'version' | 'tags'>): string {
  const parts = ([0, 1, 2] as const).map(index => [...new Set(tags.flatMap(tag => partsOf(tag, index)))].join('.'));
  // Neither the name nor the version in normal form: that would lower-case the one and cut zeros off the other.
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
 * `py2.py3-none-any` stands for two tags (PEP 425, compressed tag sets). The pex tool lists all of them, sorted; in that order
 * the parts of each place are sorted too. Never all of them: of three places with a hundred parts each there are a million.
 */
function partsOf(tag: string, index: 0 | 1 | 2): string[] {
  return (tag.split('-')[index] ?? '').split('.').sort(compareText);
}
