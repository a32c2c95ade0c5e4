import { expect, test } from 'vitest';
import { PART_BYTES, type Part } from '../../../src/targets/s3/delta/part-plan.js';
import type { Holding } from '../../../src/targets/target.js';
import { MIB, MIN, check, plan, source, type Spelled } from './part-spelling.js';

test('every way to change an artifact gives parts that a store takes, with the right bytes', () => {
  const sizes = [1, 4, 5, 6, 9, 14];
  const old = source(
    'old',
    sizes.flatMap(mib => [[`a${mib}`, mib] as const, [`b${mib}`, mib] as const])
  );
  // Each place is old or new, of each size: all combinations of four places before a tail.
  const places: Spelled[] = sizes.flatMap(mib => [[`a${mib}`, mib] as const, ['new', mib] as const]);
  let plans = 0;
  for (const one of places)
    for (const two of places)
      for (const three of places)
        for (const four of places) {
          const spans: Spelled[] = [one, two, three, four, [undefined, 1]];
          const parts = plan([old], spans);
          check(
            parts,
            spans.reduce((sum, [, mib]) => sum + mib, 0)
          );
          const sent = parts.filter(({ copy }) => copy === undefined);
          expect(Math.max(...sent.map(({ start, end }) => end - start))).toBeLessThanOrEqual(PART_BYTES + MIN);
          expect(parts.flatMap(part => wrongMebibytes(part, spans, old))).toEqual([]);
          plans += 1;
        }
  expect(plans).toBe(12 ** 4);
});

/** The MiB of a copied part that the source holds at another place than the one they are copied from. */
function wrongMebibytes({ start, end, copy }: Part, spans: readonly Spelled[], { offsets }: Holding): number[] {
  if (copy === undefined) return [];
  const wrong: number[] = [];
  let at = 0;
  for (const [content, mib] of spans) {
    const shift = (offsets.get(content ?? '') ?? NaN) - at;
    for (let position = at; position < at + mib * MIB; position += MIB) {
      if (position >= start && position < end && shift !== copy.offset - start) wrong.push(position);
    }
    at += mib * MIB;
  }
  return wrong;
}
