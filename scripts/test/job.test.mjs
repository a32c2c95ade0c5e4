import { describe, expect, it } from 'vitest';
import { check, isInside, reportIn } from '../demo/job.mjs';

const FORBIDDEN = ['/home/ann/kernel', '/home/ann/examples'];

/**
 * @param {Partial<import('../demo/job.mjs').Executor>} [second]
 * @returns {import('../demo/job.mjs').Report}
 */
function report(second) {
  const executor = {
    executor: '0',
    python: '/usr/bin/python3.11',
    numpy: '/tmp/node/numpy/__init__.py',
    harbour: '/spark/apps/1/0/harbour-1.zip/harbour/__init__.py',
    sklearn: '1.9.1'
  };
  return {
    kernel: '/home/ann/kernel',
    source: '/home/ann/examples/harbour',
    spark: '4.3.0',
    executors: [executor, { ...executor, executor: '1', ...second }],
    dot_product: 14,
    means: { 1: 1.5, 2: 6 },
    fees: { Albatros: 37.5, Berta: 472.5, Cormorant: 148 }
  };
}

const wrong = (/** @type {import('../demo/job.mjs').Report} */ found) =>
  check(found, FORBIDDEN).filter(row => !row.isRight);

describe("the demo's check", () => {
  it('is content with what must come out', () => {
    expect(wrong(report())).toEqual([]);
  });

  it.each([
    ['numpy', { numpy: '/home/ann/kernel/lib/python3.11/site-packages/numpy/__init__.py' }],
    ['the editable package', { harbour: '/home/ann/examples/harbour/__init__.py' }],
    ['the interpreter', { python: '/home/ann/kernel/bin/python' }]
  ])('refuses %s from a folder of the kernel', (_what, second) => {
    expect(wrong(report(second))).toMatchObject([{ found: '1', wanted: '0' }]);
  });

  it('wants both executors, and every result', () => {
    const found = { ...report(), executors: [], dot_product: 13, means: {}, fees: {} };
    expect(wrong(found)).toHaveLength(7);
  });

  it('takes a folder whose name begins alike for another one', () => {
    expect(isInside('/home/ann/kernel-2/bin/python', '/home/ann/kernel')).toBe(false);
  });
});

describe('the report in a notebook', () => {
  it('is found among the outputs of its cells', () => {
    const data = { 'text/plain': 'x', 'application/vnd.ship-env.demo+json': report() };
    const cells = [{ cell_type: 'markdown' }, { outputs: [{ name: 'stdout' }, { data }] }];
    expect(reportIn(JSON.stringify({ cells }))).toEqual(report());
  });

  it('must be there', () => {
    expect(() => reportIn(JSON.stringify({ cells: [{ outputs: [] }] }))).toThrow(Error);
  });
});
