import { expect, it } from 'vitest';
import { filled } from '../../src/report/page.js';

it('fills the page between its marks, and only there', () => {
  const page = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n';
  expect(filled(page, { x: 'new' })).toBe('a\n<!-- x -->\nnew\n<!-- /x -->\nb\n');
  expect(filled(page, { x: '' })).toBe('a\n<!-- x -->\n<!-- /x -->\nb\n');
  expect(() => filled(page, { y: 'new' })).toThrow(/no place for 'y'/u);
});
