import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { compareText } from '../../src/text/compare.js';
import { count } from '../../src/text/count.js';
import { parseJson } from '../../src/text/json.js';
import { shellWord } from '../../src/text/shell-word.js';
import { shown } from '../../src/text/shown.js';

test('order is that of code units, not of a language', () => {
  expect(['b', 'ä', 'a', 'B', 'aa', 'a'].sort(compareText)).toEqual(['B', 'a', 'a', 'aa', 'b', 'ä']);
  expect([compareText('a', 'b'), compareText('b', 'a'), compareText('a', 'a')]).toEqual([-1, 1, 0]);
});

test('one is singular, and none is plural', () => {
  expect([0, 1, 2].map(n => count(n, 'file'))).toEqual(['0 files', '1 file', '2 files']);
});

test('a text that is no JSON has no value', () => {
  expect(parseJson('{"a": [1]}')).toEqual({ a: [1] });
  expect(parseJson('null')).toBeNull();
  expect(parseJson('{"a": ')).toBeUndefined();
  expect(parseJson('')).toBeUndefined();
});

describe('a word for a shell', () => {
  const WORDS = [
    'plain',
    'a b',
    "it's",
    "''",
    '$HOME',
    '`id`',
    '*',
    '~',
    'a\nb',
    '\\',
    '"',
    ';',
    'é',
    '-n',
    '#x',
    '{a,b}'
  ];

  test('is one word of the shell, and means itself', () => {
    const script = `for word in ${['', ...WORDS].map(shellWord).join(' ')}; do printf '%s\\0' "$word"; done`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(['', ...WORDS]);
  });

  test('has no quotes when a person would write none', () => {
    for (const word of ['s3://bucket/a-b_c', 'a=1,2', 'me@host:x', '50%', 'a+b', 'x.py'])
      expect(shellWord(word)).toBe(word);
  });
});

describe('a foreign text in a message', () => {
  test('is cut when it is long, and only then', () => {
    expect(shown('x'.repeat(200))).toBe('x'.repeat(200));
    expect(shown('x'.repeat(201))).toBe(`${'x'.repeat(200)}…`);
    expect(shown('abcd', 3)).toBe('abc…');
  });

  test('shows what cannot be seen', () => {
    expect(shown('a\u001b[2J')).toBe('a\\u001b[2J');
  });
});
