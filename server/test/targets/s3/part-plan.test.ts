import { describe, expect, test } from 'vitest';
import { PartPlanner, type Part } from '../../../src/targets/s3/delta/part-plan.js';
import { slicesOf } from '../../../src/targets/s3/delta/slices.js';
import { MIB, old, plan, source, spelled, type Spelled } from './part-spelling.js';

describe('a plan', () => {
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
});
