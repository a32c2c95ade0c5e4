import type { Distribution } from '../../contract/snapshot.js';
import { compareText } from '../../snapshot/names.js';

/**
 * The name of a distribution's wheel, rebuilt as the pex tool does (pex/wheel.py, Wheel.wheel_file_name): the tags of
 * WHEEL, each part without repeats in the order of first sight.
 */
export function wheelName({ name, version, tags }: Pick<Distribution, 'name' | 'version' | 'tags'>): string {
  const expanded = tags.flatMap(expandTag);
  const parts = ([0, 1, 2] as const).map(index => [...new Set(expanded.map(tag => tag[index]))].join('.'));
  // Neither the name nor the version in normal form: that would lower-case the one and cut zeros off the other.
  return `${name.replaceAll(/[-_.]+/g, '_')}-${version.replaceAll('-', '_')}-${parts.join('-')}.whl`;
}

/**
 * The python version for the folder of C headers, `3.11`, when all tags agree on one; else the tool's `X.Y`
 * (pex/pep_427.py, _headers_install_path_for_wheel).
 */
export function headersVersion(tags: readonly string[]): string {
  const versions = new Set(tags.flatMap(expandTag).map(([interpreter]) => /\d+(?:_\d+)*/.exec(interpreter)?.[0] ?? ''));
  const [only] = versions;
  if (versions.size !== 1 || only === undefined || only.length < 2) return 'X.Y';
  const [major, minor] = only.includes('_') ? only.split('_') : [only.slice(0, 1), only.slice(1)];
  return `${major}.${minor}`;
}

/** `py2.py3-none-any` stands for two tags (PEP 425, compressed tag sets); sorted as the pex tool sorts them. */
function expandTag(tag: string): [string, string, string][] {
  const [interpreters = '', abis = '', platforms = ''] = tag.split('-');
  return interpreters
    .split('.')
    .flatMap(interpreter =>
      abis
        .split('.')
        .flatMap(abi => platforms.split('.').map((platform): [string, string, string] => [interpreter, abi, platform]))
    )
    .sort((a, b) => compareText(a.join('-'), b.join('-')));
}
