import { describe, expect, test } from 'vitest';
import { PART_BYTES, PartPlanner, partBytesOf } from '../../../src/targets/s3/delta/part-plan.js';
import { slicesOf } from '../../../src/targets/s3/delta/slices.js';
import { MIB, MIN, check, old, plan, source, spelled, type Spelled } from './part-spelling.js';

describe('a plan', () => {
  /** What is needed of a source to fill up what is sent, and what is left of it, is just enough for a part each. */
  describe('keeps to what is just long enough', () => {
    const nine = source('nine', [
      ['nine', 9],
      ['five', 5]
    ]);

    test('a run of the smallest part is copied', () => {
      const five = source('old', [['five', 5]]);
      expect(
        spelled(
          plan(
            [five],
            [
              ['five', 5],
              [undefined, 1]
            ]
          )
        )
      ).toEqual(['copy 0-5 old@0', 'send 5-6']);
    });

    test('a run gives from its end what leaves it the smallest part', () => {
      const spans: Spelled[] = [
        ['nine', 9],
        ['new', 1],
        ['five', 5],
        [undefined, 1]
      ];
      expect(spelled(plan([nine], spans))).toEqual(['copy 0-5 nine@0', 'send 5-10', 'copy 10-15 nine@9', 'send 15-16']);
    });

    test('what is sent between two runs is two parts when each is one', () => {
      const spans: Spelled[] = [
        ['big', 40],
        ['new', 10],
        ['middle', 20]
      ];
      expect(spelled(plan([old], spans)).filter(part => part.startsWith('send'))).toEqual(['send 40-45', 'send 45-50']);
    });

    test('what is sent is told when what is left is a part', () => {
      const planner = new PartPlanner([], 0);
      expect(planner.add({ bytes: 13 * MIB - 1, content: undefined })).toEqual([]);
      expect(spelled(planner.add({ bytes: 1, content: undefined }))).toEqual(['send 0-8']);
    });

    test.each([8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB - 1, 16 * MIB + 1])(
      'no byte is sent that is not there: %d',
      bytes => {
        const planner = new PartPlanner([], 0);
        const parts = [...planner.add({ bytes, content: undefined }), ...planner.end()];
        expect(parts.at(-1)?.end).toBe(bytes);
        expect(parts).toHaveLength(Math.ceil(bytes / PART_BYTES));
      }
    );
  });

  test('splits what is longer than the longest part that a store copies', () => {
    const huge = source('huge', [['torch', 12 * 1024]]);
    const parts = plan(
      [huge],
      [
        ['torch', 12 * 1024],
        [undefined, 1]
      ],
      13 * 1024 * MIB
    );
    expect(parts.length).toBeGreaterThan(2);
    expect(Math.max(...parts.map(({ start, end }) => end - start))).toBeLessThanOrEqual(5 * 1024 * MIB);
    check(parts, 12 * 1024 + 1);
  });

  test.each([0, 1, 9.9, 10, 11, 74, 75, 139, 12 * 1024])('cuts a segment of %d MiB into slices', mib => {
    const slices = slicesOf(mib * MIB);
    expect(slices.reduce((sum, bytes) => sum + bytes, 0)).toBe(mib * MIB);
    expect(Math.max(...slices)).toBeLessThanOrEqual(64 * MIB);
    expect(slices.length === 1 || Math.min(...slices) >= MIN).toBe(true);
  });

  test('keeps to 10,000 parts, whatever the size', () => {
    const bytes = 200 * 1024 * 1024 * MIB;
    expect(bytes / partBytesOf(bytes)).toBeLessThanOrEqual(10_000);
    expect(partBytesOf(100 * MIB)).toBe(PART_BYTES);
  });
});
