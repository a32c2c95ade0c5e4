import { expect, test } from 'vitest';
import { lostTests, namesWith } from '../long-tests/spark/modules.mjs';

test('what passes plainly and not with the artifact is lost, also what did not run', () => {
  const plain = { a: 'passed', b: 'passed', c: 'failed', d: 'skipped', e: 'passed', f: 'passed' };
  const ours = { a: 'passed', b: 'failed', c: 'failed', d: 'passed', e: 'skipped' };
  expect(lostTests(plain, ours)).toEqual(['b', 'e', 'f']);
  expect(namesWith(plain, 'failed')).toEqual(['c']);
});
