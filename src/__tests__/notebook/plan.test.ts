import { describe, expect, it } from 'vitest';
import { hashOf } from '../../notebook/hash.js';
import { buildsSession, planCell, type ICellFacts } from '../../notebook/plan.js';

const cell = (source: string, more: Partial<ICellFacts> = {}): ICellFacts => ({
  cellType: 'code',
  source,
  tags: [],
  isLocked: false,
  ...more
});

describe('a source that builds a session', () => {
  it.each([
    'spark = SparkSession.builder.getOrCreate()',
    'spark = (\n  SparkSession\n    .builder\n    .appName("x")\n)',
    'spark = builder.getOrCreate()',
    'sc = SparkContext(conf=conf)',
    'sc = SparkContext.getOrCreate()',
    'spark = builder.create()',
    '%%time\nspark = builder.getOrCreate()',
    'name = "it\'s # no comment"; spark = builder.getOrCreate()'
  ])('is found: %s', source => {
    expect(buildsSession(source)).toBe(true);
  });

  it.each([
    'from pyspark.sql import SparkSession',
    '# spark = SparkSession.builder.getOrCreate()',
    '"""\nSparkSession.builder.getOrCreate()\n"""',
    'print("SparkSession.builder")',
    "text = r'builder.getOrCreate()'",
    '%%bash\npython -c SparkSession.builder.getOrCreate()',
    'x = builder',
    ''
  ])('is not: %s', source => {
    expect(buildsSession(source)).toBe(false);
  });
});

describe('the place of the cell', () => {
  const notebook = [
    cell('SparkSession.builder', { cellType: 'markdown' }),
    cell('import numpy'),
    cell('spark = builder.getOrCreate()'),
    cell('SparkSession.builder')
  ];

  it('is before the first code cell that builds a session', () => {
    expect(planCell(notebook, 'ours', 'before-session')).toEqual({ kind: 'insert', index: 2 });
  });

  it('is on top when the settings say so, or when no cell builds a session', () => {
    expect(planCell(notebook, 'ours', 'top')).toEqual({ kind: 'insert', index: 0 });
    expect(planCell(notebook.slice(0, 2), 'ours', 'before-session')).toEqual({ kind: 'insert', index: 0 });
    expect(planCell([], 'ours', 'before-session')).toEqual({ kind: 'insert', index: 0 });
  });

  it('is where the cell of an earlier ship stands, wherever the person moved it', () => {
    const ours = cell('old', { tags: ['mine', 'ship-env'], shippedSource: hashOf('old') });
    expect(planCell([...notebook, ours], 'new', 'top')).toEqual({ kind: 'update', index: 4, wasEdited: false });
    expect(planCell([...notebook, ours], 'old', 'top')).toEqual({ kind: 'keep', index: 4 });
  });

  it('is marked as edited when the person changed the cell', () => {
    const ours = cell('old, edited', { tags: ['ship-env'], shippedSource: hashOf('old') });
    expect(planCell([ours], 'new', 'top')).toMatchObject({ kind: 'update', wasEdited: true });
  });

  it('is never a cell that is not code', () => {
    expect(planCell([cell('note', { cellType: 'markdown', tags: ['ship-env'] })], 'new', 'top').kind).toBe('insert');
  });
});
