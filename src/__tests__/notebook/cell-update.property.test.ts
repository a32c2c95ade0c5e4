import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf } from '../../notebook/hash.js';
import { CELL_TAG, buildsSession, findOurCell, planCell, type ICellFacts } from '../../notebook/plan.js';

const source = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'spark = builder.getOrCreate()',
      'SparkSession.builder.getOrCreate()',
      '# SparkSession.builder',
      '"""getOrCreate("""',
      '%%bash\nbuilder.getOrCreate()',
      "f'{x",
      ''
    )
  }
);
const cell: fc.Arbitrary<ICellFacts> = fc
  .record({
    cellType: fc.constantFrom('code', 'markdown', 'raw'),
    source,
    tags: fc.array(fc.constantFrom('other', 'parameters', CELL_TAG), { maxLength: 2 }),
    isLocked: fc.boolean(),
    shipped: fc.option(source, { nil: undefined })
  })
  .map(({ shipped, ...facts }) => (shipped === undefined ? facts : { ...facts, shippedSource: hashOf(shipped) }));
const cells = fc.array(cell, { maxLength: 8 });
const position = fc.constantFrom('top' as const, 'before-session' as const);

/** The cells of the notebook after the plan is carried out. */
function carriedOut(before: readonly ICellFacts[], written: string, where: 'top' | 'before-session'): ICellFacts[] {
  const plan = planCell(before, written, where);
  const after = [...before];
  const ours = { cellType: 'code', source: written, tags: [CELL_TAG], isLocked: false, shippedSource: hashOf(written) };
  if (plan.kind === 'insert') after.splice(plan.index, 0, ours);
  const old = before[plan.index];
  if (plan.kind === 'update' && old !== undefined) after[plan.index] = { ...old, ...ours, tags: old.tags };
  return after;
}

describe('a cell that is written into any notebook', () => {
  it('exists, and no other cell changes', () => {
    fc.assert(
      fc.property(cells, source, position, (before, written, where) => {
        const plan = planCell(before, written, where);
        const after = carriedOut(before, written, where);
        expect(after[plan.index]?.source).toBe(written);
        expect(findOurCell(after)).toBe(plan.index);
        const others = after.filter((_, index) => index !== plan.index);
        expect(others).toEqual(plan.kind === 'insert' ? before : before.filter((_, index) => index !== plan.index));
      })
    );
  });

  it('stays as it is when the same ship comes again, and is updated where it is by the next', () => {
    fc.assert(
      fc.property(cells, source, source, position, (before, first, second, where) => {
        const after = carriedOut(before, first, where);
        const index = findOurCell(after);
        expect(planCell(after, first, where)).toEqual({ kind: 'keep', index });
        fc.pre(first !== second);
        expect(planCell(after, second, where)).toMatchObject({ kind: 'update', index });
      })
    );
  });

  it('comes before every cell that builds a session', () => {
    fc.assert(
      fc.property(cells, source, position, (before, written, where) => {
        const plan = planCell(before, written, where);
        fc.pre(plan.kind === 'insert');
        const session = before.findIndex(each => each.cellType === 'code' && buildsSession(each.source));
        expect(session === -1 || plan.index <= session).toBe(true);
      })
    );
  });

  it('counts as edited only when the person changed it since the last ship', () => {
    fc.assert(
      fc.property(cells, source, source, source, position, (before, first, edited, second, where) => {
        // A cell of ours in the first notebook may have been edited already.
        const fresh = before.filter(each => !each.tags.includes(CELL_TAG));
        const after = carriedOut(fresh, first, where);
        const index = findOurCell(after);
        const ours = after[index];
        fc.pre(ours !== undefined && second !== edited);
        after[index] = { ...ours, source: edited };
        expect(planCell(after, second, where)).toEqual({ kind: 'update', index, wasEdited: edited !== first });
      })
    );
  });
});
