import { describe, expect, test } from 'vitest';
import {
  problemOfDistribution,
  problemOfImportName,
  problemOfPart,
  problemOfPath
} from '../../../src/system/files/path-names.js';

describe('a part of a path', () => {
  test.each([
    ['', 'is empty'],
    ['.', 'is .'],
    ['..', 'is ..'],
    ['a/b', 'contains a slash'],
    ['a\nb', 'contains a control character'],
    ['a\u007f', 'contains a control character'],
    ['a\u0080', 'contains a control character'],
    ['a\u009f', 'contains a control character'],
    ['a\ud800', 'is not valid text'],
    ['é'.repeat(128), 'has 256 bytes; at most 255 are allowed']
  ])('cannot be %j', (part, problem) => {
    expect(problemOfPart(part)).toBe(problem);
  });

  test.each(['...', '.hidden', ' ', '\\', 'a\u00a0b', '🐍', 'x'.repeat(255)])('can be %j', part => {
    expect(problemOfPart(part)).toBeUndefined();
  });
});

/** So many bytes, in parts that are not too long. */
const long = (bytes: number, separator: string): string => `${'x'.repeat(99)}${separator}`.repeat(21).slice(0, bytes);

describe.each([
  ['a path', problemOfPath, '/'],
  ['an import name', problemOfImportName, '.']
])('%s', (_, problemOf, separator) => {
  test('is as good as its worst part', () => {
    expect(problemOf(['a', 'b_c'].join(separator))).toBeUndefined();
    expect(problemOf(['a', '', 'b'].join(separator))).toBe('has a part that is empty');
    expect(problemOf(['a', 'b\u001b'].join(separator))).toBe('has a part that contains a control character');
  });

  test('can have 2048 bytes', () => {
    expect(problemOf(long(2048, separator))).toBeUndefined();
    expect(problemOf(long(2049, separator))).toBe('has 2049 bytes; at most 2048 are allowed');
  });
});

test('a path cannot lead up, and an import name can be empty, which is a folder on sys.path', () => {
  expect(problemOfPath('a/../b')).toBe('has a part that is ..');
  expect(problemOfPath('')).toBe('has a part that is empty');
  expect(problemOfImportName('')).toBeUndefined();
});

describe('a distribution', () => {
  const six = {
    name: 'six',
    version: '1.17.0',
    metadataName: 'six-1.17.0.dist-info',
    tags: ['py2-none-any', 'py3-none-any']
  };

  test.each([
    ['all of it', {}],
    ['no version', { version: '' }],
    ['a name of 180 bytes', { name: 'x'.repeat(180) }],
    ['tags of several', { tags: ['cp311.cp312-abi3.none-manylinux_2_17_x86_64.manylinux2014_x86_64'] }]
  ])('ships with %s', (_what, changed) => {
    expect(problemOfDistribution({ ...six, ...changed })).toBeUndefined();
  });

  test('ships without metadata and tags', () => {
    expect(problemOfDistribution({ name: 'six', version: '1' })).toBeUndefined();
  });

  test.each([
    [{ name: 'a/b' }, 'its name contains a slash'],
    [{ name: 'x'.repeat(181) }, 'its name has 181 bytes; at most 180 are allowed'],
    [{ version: '../1' }, 'its version contains a slash'],
    [{ metadataName: '..' }, 'the name of its metadata is ..'],
    [{ tags: ['py3-none-any', 'py3-none'] }, 'a tag of its WHEEL is not of the form python-abi-platform'],
    [{ tags: ['py3-none-any-more'] }, 'a tag of its WHEEL is not of the form python-abi-platform'],
    [{ tags: ['py3-none-../any'] }, 'a tag of its WHEEL is not of the form python-abi-platform'],
    [{ tags: ['py3-none-any '] }, 'a tag of its WHEEL is not of the form python-abi-platform']
  ])('does not ship with %j', (changed, problem) => {
    expect(problemOfDistribution({ ...six, ...changed })).toBe(problem);
  });

  test('does not ship when the name of its wheel is too long, in which each part of its tags stands once', () => {
    // six-1.17.0-py2.py3-none-<platform>
    const fixed = 'six-1.17.0-py2.py3-none-'.length;
    const withPlatform = (bytes: number): string | undefined =>
      problemOfDistribution({ ...six, tags: ['py2', 'py3'].map(python => `${python}-none-${'p'.repeat(bytes)}`) });
    expect(withPlatform(240 - fixed)).toBeUndefined();
    expect(withPlatform(241 - fixed)).toBe('the name of its wheel has 241 bytes; at most 240 are allowed');
  });
});
