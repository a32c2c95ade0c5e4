import { execa } from 'execa';
import { expect, test } from 'vitest';
import { isShipEnvError } from '../../src/errors.js';
import {
  parseLibc,
  parsePlatform,
  platformTag,
  platformText,
  requestedPlatform,
  requestedPython,
  type Platform
} from '../../src/probe/platform.js';
import { fittingTag, judgeTags } from '../../src/probe/tags.js';

function platform(text: string): Platform {
  const parsed = parsePlatform(text);
  if (parsed === undefined) throw new Error(`${text} is no platform`);
  return parsed;
}

test.each([
  ['py3-none-any', 'fits'],
  ['py2.py3-none-any', 'fits'],
  ['py2-none-any', 'python'],
  ['py311-none-any', 'fits'],
  ['py312-none-any', 'python'],
  ['cp311-cp311-manylinux_2_17_x86_64', 'fits'],
  ['cp311-cp311-manylinux_2_28_x86_64', 'fits'],
  ['cp311-cp311-manylinux_2_34_x86_64', 'libc'],
  ['cp311-cp311-manylinux_3_0_x86_64', 'libc'],
  ['cp311-cp311-manylinux1_x86_64', 'fits'],
  ['cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64', 'fits'],
  ['cp311-cp311-manylinux_2_34_x86_64.manylinux_2_17_x86_64', 'fits'],
  ['cp311-cp311-musllinux_1_2_x86_64', 'libc'],
  ['cp311-cp311-manylinux_2_17_aarch64', 'architecture'],
  ['cp311-cp311-macosx_11_0_arm64', 'architecture'],
  ['cp311-cp311-linux_x86_64', 'unknown'],
  ['cp38-abi3-manylinux_2_17_x86_64', 'fits'],
  ['cp312-abi3-manylinux_2_17_x86_64', 'python'],
  ['cp310-cp310-manylinux_2_17_x86_64', 'python'],
  ['cp310-none-any', 'python'],
  ['cp311-none-manylinux_2_17_x86_64', 'fits'],
  ['py3-none-manylinux_2_17_x86_64', 'fits'],
  ['cp311-cp311t-manylinux_2_17_x86_64', 'python'],
  ['pp311-pypy311_pp73-manylinux_2_17_x86_64', 'python'],
  ['cp3-none-any', 'python'],
  ['nonsense', 'python'],
  ['', 'python']
] as const)('the tag %s on Python 3.11 and manylinux_2_28_x86_64: %s', (tag, answer) => {
  const python = { minor: '3.11', isFreeThreaded: false };
  expect(judgeTags([tag], python, platform('manylinux_2_28_x86_64'))).toBe(answer);
});

test('one tag that fits is enough, and of several that do not, the one that comes nearest tells why', () => {
  const python = { minor: '3.11', isFreeThreaded: false };
  const on = platform('manylinux_2_28_x86_64');
  const judge = (...tags: string[]): string => judgeTags(tags, python, on);
  expect(judge('cp310-cp310-manylinux_2_17_x86_64', 'cp311-cp311-manylinux_2_17_x86_64')).toBe('fits');
  expect(judge('cp311-cp311-manylinux_2_17_aarch64', 'cp311-cp311-manylinux_2_34_x86_64')).toBe('libc');
  expect(judge()).toBe('python');
});

test('a free-threaded Python takes wheels of its own ABI, and none of the stable ABI', () => {
  const python = requestedPython('3.13t');
  const on = platform('manylinux_2_28_x86_64');
  expect(judgeTags(['cp313-cp313t-manylinux_2_17_x86_64'], python, on)).toBe('fits');
  expect(judgeTags(['cp313-cp313-manylinux_2_17_x86_64'], python, on)).toBe('python');
  expect(judgeTags(['cp38-abi3-manylinux_2_17_x86_64'], python, on)).toBe('python');
  expect(fittingTag(python, platformTag(on))).toBe('cp313-cp313t-manylinux_2_28_x86_64');
});

test('the answers are those of pip for the same Python and platform', async () => {
  const script =
    'import json; from packaging.tags import cpython_tags, compatible_tags; p = ["manylinux_2_5_x86_64", "manylinux1_x86_64"]; ' +
    'print(json.dumps([str(t) for t in [*cpython_tags((3, 11), ["cp311"], p), *compatible_tags((3, 11), "cp311", p)]]))';
  const { stdout } = await execa('python', ['-c', script]);
  const tags = JSON.parse(stdout) as string[];
  expect(tags.length).toBeGreaterThan(30);
  const python = { minor: '3.11', isFreeThreaded: false };
  for (const tag of tags) expect(judgeTags([tag], python, platform('manylinux_2_28_x86_64')), tag).toBe('fits');
});

test.each([
  ['manylinux_2_28_x86_64', 'manylinux_2_28_x86_64', 'glibc 2.28 on x86_64'],
  ['manylinux2014_aarch64', 'manylinux_2_17_aarch64', 'glibc 2.17 on aarch64'],
  ['musllinux_1_2_x86_64', 'musllinux_1_2_x86_64', 'musl 1.2 on x86_64'],
  ['linux_ppc64le', 'linux_ppc64le', 'Linux on ppc64le']
])('%s is one platform in one spelling', (text, tag, words) => {
  expect([platformTag(platform(text)), platformText(platform(text))]).toEqual([tag, words]);
});

test.each([
  '',
  'any',
  'win_amd64',
  'macosx_11_0_arm64',
  'manylinux2050_x86_64',
  'manylinux_2_28',
  'linux_',
  'a\u001bb'
])('--platform %j is refused', text => {
  expect(() => requestedPlatform(text)).toThrow(expect.toSatisfy(error => isShipEnvError(error, 'USAGE_INVALID')));
});

test.each(['3.11', ' 3.11 ', '3.11.7'])('--python-version %j is Python 3.11', text => {
  expect(requestedPython(text)).toEqual({ minor: '3.11', isFreeThreaded: false });
});

test.each(['', '3', '2.7', '311', 'python3.11', '3.11rc'])('--python-version %j is refused', text => {
  expect(() => requestedPython(text)).toThrow(expect.toSatisfy(error => isShipEnvError(error, 'USAGE_INVALID')));
});

test('the C library of a node is what getconf and ldd call it', () => {
  expect(parseLibc('glibc 2.36')).toEqual({ family: 'glibc', version: [2, 36] });
  expect(parseLibc('musl 1.2.4')).toEqual({ family: 'musl', version: [1, 2] });
  expect(parseLibc('')).toBeUndefined();
  expect(parseLibc('uClibc 1.0')).toBeUndefined();
});
