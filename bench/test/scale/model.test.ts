/** The formulas of docs/scale.md, and that the page has what they give. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filled } from '../../src/report/page.js';
import { travelOf, secondsOf } from '../../src/scale/model.js';
import { SCALE_PAGE, computedSections, measuredLines } from '../../src/scale/page.js';

const A = { artifactBytes: 100e6 };
const TEN = { executors: 10, executorsOfANode: 4 };

describe('what travels', () => {
  it('from the driver to each executor, in each session', () => {
    for (const session of ['first', 'next', 'one package more'] as const) {
      expect(travelOf('standalone, from the driver', session, TEN, A)).toEqual({
        ...{ driverBytes: 1e9, storeBytes: 0, nodeBytes: 1e9 / 3 }
      });
    }
  });

  it('from S3 to each executor and to the driver', () => {
    expect(travelOf('standalone, from S3', 'next', TEN, A)).toEqual({
      ...{ driverBytes: 0, storeBytes: 1.1e9, nodeBytes: 1e9 / 3 }
    });
  });

  it('to each node once, where nodes read in place or share a cache', () => {
    for (const way of ['standalone, --shared', 'YARN, public cache'] as const) {
      expect(travelOf(way, 'first', TEN, A)).toEqual({ driverBytes: 0, storeBytes: 3e8, nodeBytes: 1e8 });
      expect(travelOf(way, 'next', TEN, A)).toEqual({ driverBytes: 0, storeBytes: 0, nodeBytes: 0 });
    }
  });

  it('takes as long as the narrowest link', () => {
    const travel = travelOf('standalone, from the driver', 'first', TEN, A);
    expect(secondsOf(travel, 1)).toBeCloseTo(8);
    expect(secondsOf(travel, 25)).toBeCloseTo(0.32);
    expect(secondsOf(travelOf('standalone, from S3', 'first', TEN, A), 1)).toBeCloseTo(8 / 3);
  });
});

describe('docs/scale.md', () => {
  it('has the tables that the formulas give (npm run bench -- --docs writes them)', () => {
    const page = readFileSync(SCALE_PAGE, 'utf8');
    expect(page).toBe(filled(page, computedSections()));
  });

  it('has a measured table', () => {
    const [head = '', ...rows] = measuredLines([
      ...[{ way: 'standalone, from the driver', session: 'first' as const, executors: 2, artifactBytes: 100e6 }].map(
        row => ({ ...row, driverBytes: 200e6, storeBytes: 0 })
      )
    ]);
    expect(rows).toHaveLength(2);
    expect(readFileSync(SCALE_PAGE, 'utf8')).toContain(head);
  });
});
