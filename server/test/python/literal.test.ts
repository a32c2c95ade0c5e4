import { describe, expect, test } from 'vitest';
import { NotALiteral, parsePythonLiteral } from '../../src/python/literal.js';
import { askPython } from '../properties/python.js';

/** Literals as a person or a tool may write them, on one line each or on several. */
const LITERALS = [
  `'\\x41\\u00e9\\U0001f40d\\101\\7\\08'`,
  `"\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\""`,
  `'\\q\\d\\ '`,
  `'a\\\nb'`,
  `r'\\n\\''`,
  `R"\\\\"`,
  `u'é'`,
  `U"x"`,
  `'''a'b''c\n"d"'''`,
  `"""say "hi"\\""""`,
  `''`,
  `""""""`,
  `'a' "b" '''c'''`,
  `('a'\n   r'\\b'  # a comment\n 'c')`,
  `'#' # not '`,
  '-1',
  '+2',
  '1_000',
  '3.',
  '-3.25',
  '0',
  'None',
  'True',
  'False',
  '[None, True, [False], []]',
  '[1, 2, ]',
  '(1, 2)',
  '(1,)',
  '(1 , )',
  '(1)',
  '((1))',
  '()',
  '{1: 2, 3: [4]}',
  '{}',
  "{'a': {'b': None}}",
  '[\\\n1]'
];

/** As JSON has it. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [String(key), plain(each)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('a literal', () => {
  test('is what ast.literal_eval says', () => {
    const expected = askPython('import ast\nfor value in values: answers.append(ast.literal_eval(value))', LITERALS);
    expect(LITERALS.map(text => [text, plain(parsePythonLiteral(text).value)])).toEqual(
      LITERALS.map((text, index) => [text, expected[index]])
    );
  });

  test.each([
    ["'a' + 'b'", 3],
    ["'a'  # b\n= 1", 3],
    ['[1] [2]', 3],
    ['{1: 2}.x', 6],
    ['12 ', 2],
    ['None]', 4]
  ])('of %j ends where something else begins', (text, end) => {
    expect(parsePythonLiteral(text).end).toBe(end);
  });

  test('is read from its place in a text', () => {
    expect(parsePythonLiteral("x = ['a']", 3)).toEqual({ value: ['a'], end: 9 });
  });

  test('may be 50 deep, and have as many items as there are', () => {
    const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(parsePythonLiteral(deep(50)).end).toBe(100);
    expect(() => parsePythonLiteral(deep(51))).toThrow('too deep at offset 50');
    expect(parsePythonLiteral(`[${Array(60).fill('[]').join()}]`).value).toHaveLength(60);
  });
});

test.each([
  ['name', 'not a literal at offset 0'],
  ['toString', 'not a literal at offset 0'],
  ['NoneType', 'not a literal at offset 0'],
  ['-', 'not a literal at offset 0'],
  ['1.2.3', 'not a literal at offset 0'],
  ['1a', 'not a literal at offset 0'],
  ['x1', 'not a literal at offset 0'],
  ["b'a'", 'not a literal at offset 0'],
  ["f'a'", 'not a literal at offset 0'],
  ["rb'a'", 'not a literal at offset 0'],
  ['[1 2]', ', or ] expected at offset 3'],
  ['{1: 2 3}', ', or } expected at offset 6'],
  ['(1 2)', ', or ) expected at offset 3'],
  ['[1', ', or ] expected at offset 2'],
  ['[1,', 'not a literal at offset 3'],
  ["'a\nb'", 'string not closed at offset 2'],
  ["'a", 'string not closed at offset 2'],
  ["'''a''", 'string not closed at offset 6'],
  ["'\\U00110000'", 'no such character at offset 11']
])('%j is none that is read', (text, message) => {
  expect(() => parsePythonLiteral(text)).toThrow(new NotALiteral(message));
});
