import type { CodeArchive, Manifest } from '../../contract/manifest.js';
import { count } from '../../text/count.js';
import { PYTHON_KEY, type SparkConf } from './config.js';
import { pythonComment, pythonLiteral } from './python-text.js';

/** The beginning of the cell's first line. A person and a search recognise the cell by it. */
export const CELL_MARK = '# Ship env to cluster:';

/** Properties whose value the cell writes as a list, one item a line. */
const LISTS: ReadonlySet<string> = new Set(['spark.files', 'spark.yarn.dist.files']);

/**
 * Source of the notebook cell: plain PySpark that ends with `builder` ready for `builder.getOrCreate()`. The cell
 * starts nothing and imports nothing of ours. So it may run again at any time, also beside a running session.
 *
 * @param of.conf - from `sparkConfig`
 */
export function cellSource(of: {
  manifest: Manifest;
  code: readonly CodeArchive[];
  conf: SparkConf;
  master: string;
}): string {
  return [
    pythonComment(
      `${CELL_MARK.slice(2)} the executors run this kernel's packages and code. The next ship rewrites this cell.`
    ),
    contentsComment(of.manifest, of.code),
    '# Now: spark = builder.getOrCreate()',
    '# A running session keeps its environment: call spark.stop() first.',
    'import os',
    '',
    'from pyspark.sql import SparkSession',
    '',
    `os.environ["PYSPARK_PYTHON"] = ${pythonLiteral(pythonOf(of.conf))}  # on the executors`,
    'builder = (',
    '    SparkSession.builder',
    ...of.conf.flatMap(([key, value]) => setting(key, value)),
    ')'
  ].join('\n');
}

function pythonOf(conf: SparkConf): string {
  const python = conf.find(([key]) => key === PYTHON_KEY)?.[1];
  if (python === undefined) throw new Error(`The config lacks ${PYTHON_KEY}.`);
  return python;
}

/** The cell's line that says what it runs. */
export function contentsComment(manifest: Manifest, code: readonly CodeArchive[]): string {
  const names = code.map(({ name }) => name).sort();
  const python = `Python ${manifest.python.minor}, ${count(manifest.segments.length, 'package')} (${manifest.id})`;
  return pythonComment(names.length === 0 ? `${python}.` : `${python}; code of ${names.join(', ')}.`);
}

function setting(key: string, value: string): string[] {
  if (key === 'spark.master') return [`    .master(${pythonLiteral(value)})`];
  if (!LISTS.has(key)) return [`    .config(${pythonLiteral(key)}, ${pythonLiteral(value)})`];
  return [
    `    .config(${pythonLiteral(key)}, ",".join([`,
    ...value.split(',').map(item => `        ${pythonLiteral(item)},`),
    '    ]))'
  ];
}
