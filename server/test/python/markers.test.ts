import { describe, expect, test } from 'vitest';
import type { Interpreter } from '../../src/contract/snapshot.js';
import { evaluateMarker, markerEnvironment } from '../../src/python/markers.js';

const ENVIRONMENT = { python_version: '3.11', os_name: 'posix', extra: '', platform_release: '6.1-cloud' };
const marked = (marker: string): boolean | undefined => evaluateMarker(marker, ENVIRONMENT);

const [YES, NO, UNKNOWN] = ["os_name == 'posix'", "os_name == 'nt'", "sys_platform == 'linux'"];

describe('a marker', () => {
  test('holds when it is empty', () => {
    expect([marked(''), marked('  ')]).toEqual([true, true]);
  });

  test.each([
    ["python_version >= '3.9'", true],
    ["python_version >= '3.12'", false],
    // As versions: as text 3.9 would be the later one.
    ["python_version > '3.9'", true],
    ["'3.9' < python_version", true],
    ["python_version == '3.*'", true],
    ["python_version == '2.*'", false],
    ["python_version ~= '3.8'", true],
    ['python_version!="3.11"', false],
    ["os_name == 'posix'", true],
    ["os_name === 'posix'", true],
    ["os_name != 'posix'", false],
    ["os_name != 'nt'", true],
    [" os_name == 'posix' ", true],
    // Not a version, so two texts.
    ["python_version != 'any'", true],
    ["python_version == 'any'", false],
    ["'pos' in os_name", true],
    ["'win' in os_name", false],
    ["'win' not in os_name", true],
    ["'pos' not in os_name", false],
    ["extra == 'dev'", false],
    ["extra == ''", true]
  ])('compares versions as versions and the rest as text: %s', (marker, truth) => {
    expect(marked(marker)).toBe(truth);
  });

  test.each([
    ["os_name < 'posix'", 'texts have no order'],
    ["platform_release >= '6'", 'one of the two is no version'],
    [UNKNOWN, 'the variable is not known'],
    ['os_name == sys_platform', 'the second variable is not known'],
    ["toString == 'a'", 'what JavaScript knows is no variable'],
    ['os_name', 'nothing is compared'],
    ["os_name == 'posix", 'the text does not end'],
    ["os_name == 'posix' posix", 'something follows'],
    ["os_name == 'posix' and", 'something is missing'],
    ["(os_name == 'posix'", 'a parenthesis is not closed'],
    ["os_name == 'posix' ?", 'there is no such sign']
  ])('%s is neither true nor false: %s', marker => {
    expect(marked(marker)).toBeUndefined();
  });
});

test('a version before its release is a version', () => {
  expect(evaluateMarker("python_full_version >= '3.12'", { python_full_version: '3.13.0rc1' })).toBe(true);
  expect(evaluateMarker("python_full_version < '3.13'", { python_full_version: '3.12.0b4' })).toBe(true);
});

describe('several markers', () => {
  test.each([
    ['and', [true, false, undefined, false, false, false, undefined, false, undefined]],
    ['or', [true, true, true, true, false, undefined, true, undefined, undefined]]
  ])('joined by %s may be known where one of them is not', (word, truths) => {
    const all = [YES, NO, UNKNOWN];
    expect(all.flatMap(left => all.map(right => marked(`${left} ${word} ${right}`)))).toEqual(truths);
  });

  test('are joined by "and" first, and by parentheses before', () => {
    expect(marked(`${YES} or ${NO} and ${NO}`)).toBe(true);
    expect(marked(`(${YES} or ${NO}) and ${NO}`)).toBe(false);
    expect(marked(`${NO} and ${NO} or ${YES}`)).toBe(true);
    expect(marked(`${NO} and (${NO} or ${YES})`)).toBe(false);
    expect(marked(`${YES} and ${YES} and ${NO}`)).toBe(false);
    expect(marked(`${NO} or ${NO} or ${YES}`)).toBe(true);
  });

  test('may stand in 50 parentheses, and in as many one after the other as there are', () => {
    const inside = (depth: number): string => `${'('.repeat(depth)}${YES}${')'.repeat(depth)}`;
    expect(marked(inside(50))).toBe(true);
    expect(marked(inside(51))).toBeUndefined();
    expect(marked(Array(60).fill(inside(1)).join(' and '))).toBe(true);
  });
});

describe('what a marker can know of the nodes', () => {
  const of = (changed: Partial<Interpreter>): Readonly<Record<string, string>> =>
    markerEnvironment({ implementation: 'cpython', version: '3.11.7', minor: '3.11', ...changed } as Interpreter);
  const always = { python_version: '3.11', python_full_version: '3.11.7', extra: '' };

  test.each<[string, Partial<Interpreter>, object]>([
    [
      'Linux',
      { platformTag: 'linux_x86_64' },
      { os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux', platform_machine: 'x86_64' }
    ],
    [
      'macOS',
      { platformTag: 'macosx_14_0_arm64' },
      { os_name: 'posix', sys_platform: 'darwin', platform_system: 'Darwin', platform_machine: 'arm64' }
    ],
    ['Windows', { platformTag: 'win32' }, { os_name: 'nt', sys_platform: 'win32', platform_system: 'Windows' }],
    ['a platform that is not known', { platformTag: 'my_linux_x86_64_v2' }, {}]
  ])('of %s', (_, interpreter, known) => {
    expect(of(interpreter)).toStrictEqual({
      ...always,
      ...known,
      implementation_name: 'cpython',
      platform_python_implementation: 'CPython'
    });
  });

  test('of another Python is its name', () => {
    const platformTag = 'any';
    expect(of({ implementation: 'pypy', platformTag })).toMatchObject({ platform_python_implementation: 'PyPy' });
    expect(of({ implementation: 'graalpy', platformTag })).toStrictEqual({ ...always, implementation_name: 'graalpy' });
  });
});
