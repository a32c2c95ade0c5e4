import { describe, expect, test } from 'vitest';
import { compareVersions, isCompiledExtension, isIdentifier } from '../../src/python/names.js';
import { headersVersion, wheelName } from '../../src/python/wheel-name.js';

test('what import accepts begins with a letter or a low line', () => {
  const good = ['a', '_a', 'A1', 'é', '名', 'a·b'];
  const bad = ['', '1a', 'a-b', 'a.b', ' a', 'a ', 'a\n', '·a'];
  expect(good.map(isIdentifier)).toEqual(good.map(() => true));
  expect(bad.map(isIdentifier)).toEqual(bad.map(() => false));
});

test('a compiled extension is told by its suffix', () => {
  const good = ['a.so', 'a/b.cpython-311-x86_64-linux-gnu.so', 'a.pyd', 'a.dylib'];
  const bad = ['a.so.1', 'aso', 'a.py', 'a.so/b'];
  expect(good.map(isCompiledExtension)).toEqual(good.map(() => true));
  expect(bad.map(isCompiledExtension)).toEqual(bad.map(() => false));
});

test('numbers in versions are compared as numbers', () => {
  expect(['1.10', '1.9', '1.9.1', '1.10b1'].sort(compareVersions)).toEqual(['1.9', '1.9.1', '1.10', '1.10b1']);
});

describe('the name of a wheel', () => {
  test.each([
    [{ name: 'six', version: '1.0', tags: ['py2-none-any', 'py3-none-any'] }, 'six-1.0-py2.py3-none-any.whl'],
    [{ name: 'Foo.-_Bar', version: '1.0-rc-1', tags: ['py3-none-any'] }, 'Foo_Bar-1.0_rc_1-py3-none-any.whl'],
    [
      { name: 'a', version: '1', tags: ['cp311-abi3-b.a', 'cp39-abi3-a', 'cp311-none-c'] },
      'a-1-cp311.cp39-abi3.none-a.b.c.whl'
    ]
  ])('of %j has each part of its tags once', (distribution, name) => {
    expect(wheelName(distribution)).toBe(name);
  });
});

describe('the Python version of C headers', () => {
  test.each([
    [['cp311-cp311-linux_x86_64'], '3.11'],
    [['cp39-abi3-a', 'py39-none-any'], '3.9'],
    [['cp3_13-none-any'], '3.13'],
    [['py3-none-any'], 'X.Y'],
    [['py2-none-any', 'py3-none-any'], 'X.Y'],
    [['cp311-none-any', 'cp312-none-any'], 'X.Y'],
    [['cp311.cp312-none-any'], 'X.Y'],
    [['any-none-any'], 'X.Y'],
    [[], 'X.Y']
  ])('of the tags %j is %s', (tags, version) => {
    expect(headersVersion(tags)).toBe(version);
  });
});
