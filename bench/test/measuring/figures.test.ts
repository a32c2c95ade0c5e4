import { expect, it } from 'vitest';
import { interleaved, median, minimum, slope } from '../../src/measuring/figures.js';

it('runs cases in turns', async () => {
  const order: string[] = [];
  const one = async (run: number) => order.push(`one ${run}`);
  const two = async (run: number) => order.push(`two ${run}`);
  expect(await interleaved(2, { one, two })).toEqual({ one: [1, 3], two: [2, 4] });
  expect(order).toEqual(['one 0', 'two 0', 'one 1', 'two 1']);
});

it('takes the smallest figure and the one in the middle', () => {
  expect([minimum([3, 1, 2]), median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([1, 2, 2.5]);
  expect(median([])).toBeNaN();
});

it('finds the slope of a line', () => {
  const points = [
    [1, 5],
    [2, 7],
    [4, 11]
  ] as const;
  expect(slope(points)).toBeCloseTo(2);
});
