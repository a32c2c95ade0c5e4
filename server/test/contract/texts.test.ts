import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { findingText } from '../../src/contract/finding-text.js';
import { issuesText } from '../../src/contract/issues.js';
import { visible, visibleJson, visibleLines } from '../../src/contract/visible.js';

describe('a finding', () => {
  test.each([
    ['six', 'six has no RECORD.', 'six has no RECORD.'],
    ['six', 'A file of six, which was patched.', 'A file of six, which was patched.'],
    ['six', 'This depends on six', 'This depends on six'],
    ['six', 'A file was patched.', 'six: A file was patched.'],
    ['six', 'sixty files were patched.', 'six: sixty files were patched.'],
    ['six', 'my_six was patched.', 'six: my_six was patched.'],
    ['six', 'sixty files of six were patched.', 'sixty files of six were patched.'],
    ['a.b', 'a.b is new', 'a.b is new']
  ])('of %s that says "%s" is told as "%s"', (subject, message, told) => {
    expect(findingText({ subject, message })).toBe(told);
  });
});

describe('what is wrong with a value', () => {
  const shape = z.object({ targets: z.array(z.object({ url: z.string() })), keep: z.number() });
  const told = (schema: z.ZodType, value: unknown): string => {
    const { error } = schema.safeParse(value);
    return error === undefined ? '' : issuesText(error);
  };

  test('is told with the place of each mistake', () => {
    expect(told(shape, { targets: [{ url: 'a' }, {}], keep: 'x' })).toBe(
      'targets[1].url: expected string, received undefined; keep: expected number, received string'
    );
  });

  test('is told without a place when all of it is wrong', () => {
    expect(told(shape, 7)).toBe('expected object, received number');
  });
});

describe('a text for a terminal or a page', () => {
  test.each([
    ['a control character', 'a\u0000b\u001fc', 'a\\u0000b\\u001fc'],
    ['DEL and C1', '\u007f\u009f', '\\u007f\\u009f'],
    [
      'what changes the direction',
      '\u061c\u200e\u200f\u202a\u202e\u2066\u2069',
      '\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069'
    ],
    ['separators of lines', '\u2028\u2029', '\\u2028\\u2029'],
    ['half a pair', 'a\ud83d', 'a\\ud83d'],
    ['what can be seen', 'é 🐍 ~\u00a0', 'é 🐍 ~\u00a0']
  ])('shows %s', (_, text, seen) => {
    expect(visible(text)).toBe(seen);
  });

  test('of several lines keeps them, and indents all but the first', () => {
    expect(visibleLines('one\r\ntwo\n\tthree')).toBe('one\n    two\n    \\u0009three');
  });

  test('is still the same JSON', () => {
    const value = { 'a\u202e': ['\u001b', '\u2028'] };
    expect(visibleJson(value)).toMatch(/^[ -~]*$/);
    expect(JSON.parse(visibleJson(value))).toEqual(value);
  });
});
