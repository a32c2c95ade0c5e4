import { describe, expect, it } from 'vitest';
import { formatBytes, formatMs, shorten } from '../../text/format.js';

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1594, '1.59 kB'],
    [12_345_678, '12.3 MB'],
    [148_000_000, '148 MB'],
    [999_499, '999 kB'],
    [999_600, '1 MB'],
    [3_700_000_000_000_000, '3700 TB']
  ])('%i is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('times', () => {
  it.each([
    [0.4, '0 ms'],
    [12.4, '12 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [185_000, '3 min 5 s']
  ])('%d ms is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });
});

it('shortens names in the middle', () => {
  expect(shorten('short', 5)).toBe('short');
  expect(shorten('a-very-long-name.ipynb', 11)).toBe('a-ver…ipynb');
});
