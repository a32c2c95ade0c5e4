import { describe, expect, test } from 'vitest';
import { PART_BYTES, PartPlanner, partBytesOf, type Part } from '../../../src/targets/s3/delta/part-plan.js';
import { slicesOf } from '../../../src/targets/s3/delta/slices.js';
import type { Holding } from '../../../src/targets/target.js';

const MIB = 1024 * 1024;
const MIN = 5 * MIB;

/** A span in the notation of the tests: the name of its content (none: new) and its size in MiB. */
type Spelled = readonly [content: string | undefined, mib: number];

function source(name: string, spans: readonly (readonly [string, number])[]): Holding {
  let bytes = 0;
  const offsets = new Map<string, number>();
  for (const [content, mib] of spans) {
    offsets.set(content, bytes);
    bytes += mib * MIB;
  }
  return { name, bytes, version: '"1"', offsets };
}

function plan(sources: readonly Holding[], spans: readonly Spelled[], maximalBytes = 0): Part[] {
  const planner = new PartPlanner(sources, maximalBytes);
  const parts = spans.flatMap(([content, mib]) => planner.add({ bytes: mib * MIB, content }));
  return [...parts, ...planner.end()];
}

/** `send 0-8`, `copy 8-24 a@0`, in MiB. */
function spelled(parts: readonly Part[]): string[] {
  return parts.map(({ start, end, copy }) => {
    const range = `${start / MIB}-${end / MIB}`;
    return copy === undefined ? `send ${range}` : `copy ${range} ${copy.name}@${copy.offset / MIB}`;
  });
}

describe('a plan', () => {
  const old = source('old', [
    ['head', 1],
    ['big', 40],
    ['middle', 20],
    ['small', 3]
  ]);

  test('sends in parts of 8 MiB what no source holds', () => {
    expect(spelled(plan([], [['big', 20]]))).toEqual(['send 0-8', 'send 8-16', 'send 16-20']);
    expect(spelled(plan([old], [[undefined, 8]]))).toEqual(['send 0-8']);
    expect(plan([old], [])).toEqual([]);
  });

  /** Spans that are too short to be copied alone, the head and the small one, share a part with their neighbour. */
  const COPIES = ['copy 0-6 old@0', 'copy 6-41 old@6', 'copy 41-46 old@41', 'copy 46-64 old@46'];

  test('copies everything but the tail of what is the same', () => {
    const spans: Spelled[] = [
      ['head', 1],
      ['big', 40],
      ['middle', 20],
      ['small', 3],
      [undefined, 1]
    ];
    expect(spelled(plan([old], spans))).toEqual([...COPIES, 'send 64-65']);
  });

  test('sends no more than what is new when that is at the end', () => {
    const spans: Spelled[] = [
      ['head', 1],
      ['big', 40],
      ['middle', 20],
      ['small', 3],
      ['new', 0.1],
      [undefined, 1]
    ];
    expect(spelled(plan([old], spans))).toEqual([...COPIES, 'send 64-65.1']);
  });

  test('fills up what is new in the middle from behind', () => {
    const spans: Spelled[] = [
      ['head', 1],
      ['big', 40],
      ['new', 1],
      ['middle', 20],
      [undefined, 1]
    ];
    expect(spelled(plan([old], spans))).toEqual([
      ...COPIES.slice(0, 2),
      'send 41-46',
      'copy 46-62 old@45',
      'send 62-63'
    ]);
  });

  test('fills it up from before when there is too little behind', () => {
    const close = source('close', [
      ['big', 40],
      ['next', 6]
    ]);
    const spans: Spelled[] = [
      ['big', 40],
      ['new', 1],
      ['next', 6],
      [undefined, 1]
    ];
    expect(spelled(plan([close], spans))).toEqual([
      'copy 0-5 close@0',
      'copy 5-36 close@5',
      'send 36-41',
      'copy 41-47 close@40',
      'send 47-48'
    ]);
  });

  test('sends a run that is too short for a part', () => {
    const spans: Spelled[] = [
      ['small', 3],
      ['new', 1],
      ['big', 40],
      [undefined, 1]
    ];
    expect(spelled(plan([old], spans))).toEqual(['send 0-5', 'copy 5-44 old@2', 'send 44-45']);
  });

  test('goes on with the source that it copies from, and takes another where that one ends', () => {
    const other = source('other', [
      ['big', 40],
      ['middle', 20],
      ['extra', 10]
    ]);
    const spans: Spelled[] = [
      ['big', 40],
      ['middle', 20],
      ['extra', 10],
      [undefined, 1]
    ];
    const ofOne = (parts: readonly Part[]): (string | undefined)[] => parts.map(({ copy }) => copy?.name);
    expect(ofOne(plan([old, other], spans))).toEqual([...Array<string>(4).fill('old'), 'other', 'other', undefined]);
    expect(ofOne(plan([other, old], spans))).toEqual([...Array<string>(6).fill('other'), undefined]);
  });

  test('knows the digest of a part that is one slice, and of no other', () => {
    const planner = new PartPlanner([old], 0);
    const slices = slicesOf(40 * MIB).map((bytes, index) => ({ bytes, md5: `big ${index}` }));
    const parts = [
      ...planner.add({ bytes: MIB, content: 'head' }),
      ...planner.add({ bytes: 40 * MIB, content: 'big' }, slices),
      ...planner.add({ bytes: MIB, content: undefined }),
      ...planner.end()
    ];
    expect(spelled(parts)).toEqual(['copy 0-6 old@0', 'copy 6-41 old@6', 'send 41-42']);
    expect(parts.map(({ copy }) => copy?.md5)).toEqual([undefined, 'big 1', undefined]);
    // New bytes are filled up with bytes of the slice after them.
    const cut = new PartPlanner([old], 0);
    const others = [
      ...cut.add({ bytes: MIB, content: 'new' }),
      ...cut.add({ bytes: 40 * MIB, content: 'big' }, slices),
      ...cut.end()
    ];
    expect(spelled(others)).toEqual(['send 0-5', 'copy 5-41 old@5']);
    expect(others.map(({ copy }) => copy?.md5)).toEqual([undefined, undefined]);
  });

  test('tells of a copy as soon as nothing behind it can change it', () => {
    const planner = new PartPlanner([old], 0);
    planner.add({ bytes: MIB, content: 'head' });
    expect(spelled(planner.add({ bytes: 40 * MIB, content: 'big' }))).toEqual(['copy 0-6 old@0']);
    expect(spelled(planner.add({ bytes: 20 * MIB, content: 'middle' }))).toEqual([
      'copy 6-41 old@6',
      'copy 41-46 old@41'
    ]);
  });

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

  test('keeps enough of a run back to fill up what is sent behind it', () => {
    const close = source('close', [
      ['twelve', 12],
      ['next', 6]
    ]);
    const spans: Spelled[] = [
      ['twelve', 12],
      ['new', 1],
      ['next', 6],
      [undefined, 1]
    ];
    expect(spelled(plan([close], spans))).toEqual([
      'copy 0-8 close@0',
      'send 8-13',
      'copy 13-19 close@12',
      'send 19-20'
    ]);
  });

  test('knows the digest of what is left whole of a run that gave its end', () => {
    const close = source('close', [
      ['a', 6],
      ['b', 9],
      ['next', 6]
    ]);
    const planner = new PartPlanner([close], 0);
    const parts = [
      ...planner.add({ bytes: 6 * MIB, content: 'a' }, [{ bytes: 6 * MIB, md5: 'of a' }]),
      ...planner.add({ bytes: 9 * MIB, content: 'b' }, [{ bytes: 9 * MIB, md5: 'of b' }]),
      ...planner.add({ bytes: MIB, content: 'new' }),
      ...planner.add({ bytes: 6 * MIB, content: 'next' }, [{ bytes: 6 * MIB, md5: 'of next' }]),
      ...planner.end()
    ];
    expect(spelled(parts)).toEqual(['copy 0-6 close@0', 'copy 6-11 close@6', 'send 11-16', 'copy 16-22 close@15']);
    expect(parts.map(({ copy }) => copy?.md5)).toEqual(['of a', undefined, undefined, 'of next']);
  });

  test('takes what follows from the source that has it, also where it lies at the same place of another one', () => {
    const other = source('other', [
      ['else', 40],
      ['extra', 20]
    ]);
    const only = source('only', [['big', 40]]);
    expect(
      spelled(
        plan(
          [{ ...only, bytes: 60 * MIB }, other],
          [
            ['big', 40],
            ['extra', 20]
          ]
        )
      )
    ).toEqual(['copy 0-5 only@0', 'copy 5-40 only@5', 'copy 40-45 other@40', 'copy 45-60 other@45']);
  });

  test('is the same with a span of no bytes in it', () => {
    const spans: Spelled[] = [
      ['head', 1],
      ['big', 40],
      ['middle', 20]
    ];
    const withNothing = spans.flatMap((span): Spelled[] => [span, [undefined, 0], ['nothing', 0]]);
    expect(spelled(plan([old], withNothing))).toEqual(spelled(plan([old], spans)));
  });

  test('does not believe a source whose spans reach beyond its end', () => {
    const lying = { ...old, bytes: 30 * MIB };
    expect(plan([lying], [['big', 40]]).every(({ copy }) => copy === undefined)).toBe(true);
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

/** Parts follow each other without a gap, and each except the last is large enough for a store. */
function check(parts: readonly Part[], mib: number): void {
  expect(parts.map(({ start }) => start)).toEqual([0, ...parts.slice(0, -1).map(({ end }) => end)]);
  expect(parts.at(-1)?.end).toBe(mib * MIB);
  for (const { start, end } of parts.slice(0, -1)) expect(end - start).toBeGreaterThanOrEqual(MIN);
}

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
