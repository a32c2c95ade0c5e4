/** Modules of Spark's own Python tests that depend on the python and the code of the workers. */
export const MODULES = [
  'pyspark.tests.test_daemon',
  'pyspark.tests.test_worker',
  'pyspark.tests.test_rdd',
  'pyspark.tests.test_broadcast',
  'pyspark.tests.test_taskcontext',
  'pyspark.sql.tests.test_udf',
  'pyspark.sql.tests.test_udtf',
  'pyspark.sql.tests.test_python_datasource',
  'pyspark.sql.tests.pandas.test_pandas_map',
  'pyspark.sql.tests.pandas.test_pandas_grouped_map',
  'pyspark.sql.tests.pandas.test_pandas_cogrouped_map',
  'pyspark.sql.tests.pandas.test_pandas_udf',
  'pyspark.sql.tests.pandas.test_pandas_udf_scalar',
  'pyspark.sql.tests.pandas.test_pandas_udf_grouped_agg',
  'pyspark.sql.tests.arrow.test_arrow_map',
  'pyspark.sql.tests.arrow.test_arrow_grouped_map',
  'pyspark.sql.tests.arrow.test_arrow_cogrouped_map',
  'pyspark.sql.tests.arrow.test_arrow_python_udf',
  'pyspark.sql.tests.arrow.test_arrow_udf',
  'pyspark.sql.tests.arrow.test_arrow_udf_scalar',
  'pyspark.sql.tests.arrow.test_arrow_udf_grouped_agg',
  'pyspark.sql.tests.arrow.test_arrow_udtf'
];

/** The module that runs only with an editable. */
export const PROOF = 'editable_proof';

/** @typedef {Readonly<Record<string, string>>} Outcomes of a test id: passed, failed or skipped */

/**
 * The tests that pass with a virtual environment on the node, but not with the artifact.
 *
 * @param {Outcomes} plain
 * @param {Outcomes} ours
 * @returns {string[]} test ids, sorted; one that did not run counts
 */
export function lostTests(plain, ours) {
  return namesWith(plain, 'passed')
    .filter(id => ours[id] !== 'passed')
    .sort();
}

/**
 * @param {Outcomes} outcomes
 * @param {string} outcome
 * @returns {string[]}
 */
export function namesWith(outcomes, outcome) {
  return Object.keys(outcomes).filter(id => outcomes[id] === outcome);
}
