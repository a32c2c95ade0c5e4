import { expect, test } from 'vitest';
import { findingLines } from '../../src/cli/lines.js';

test.each([
  ['six', 'six is installed more than once.', ' six is installed more than once.'],
  ['m', 'It is a module of many.', ' m: It is a module of many.'],
  ['six', 'It is installed more than once.', ' six: It is installed more than once.']
])('a finding about %s names it once: %s', (subject, message, line) => {
  expect(findingLines([{ kind: 'duplicate-distribution', subject, message }])).toEqual([['warn', '!', line]]);
});
