import { expect, test } from 'vitest';
import type { Circumstances } from '../../../src/deployments/deployment.js';
import { parseMaster } from '../../../src/deployments/registry.js';
import { NO_SPARK } from '../../../src/spark/defaults.js';

const installation = {
  home: '/spark',
  source: 'environment',
  jars: '/spark/jars',
  configuration: '/spark/conf',
  version: '4.3.0',
  scala: '2.13'
} as const;

function findingsOf(master: string, circumstances: Partial<Circumstances>): string[] {
  const given = { env: {}, spark: NO_SPARK, pyspark: undefined, ...circumstances };
  return parseMaster(master)
    .deployment.findings(given)
    .map(({ kind, subject, message }) => `${kind} ${subject}: ${message}`);
}

test('A pyspark of another minor version than SPARK_HOME is a finding', () => {
  const spark = { installation, properties: {} };
  expect(findingsOf('yarn', { spark, pyspark: '3.5.9' })).toEqual([
    expect.stringMatching(/^spark-version pyspark: .*pyspark 3\.5\.9.*\/spark.*Spark 4\.3\.0.*pyspark==4\.3\.\*/u)
  ]);
  expect(findingsOf('yarn', { spark, pyspark: '4.3.2' })).toEqual([]);
  expect(findingsOf('yarn', { spark })).toEqual([]);
});

test('A package for another Scala than that of Spark is a finding', () => {
  const properties = { 'spark.jars.packages': 'org.x:a_2.12:1.0,org.x:b_2.13:1.0,org.x:java-only:2_2.12' };
  expect(findingsOf('', { spark: { installation, properties } })).toEqual([
    expect.stringMatching(/^spark-version org\.x:a_2\.12:1\.0: .*Scala 2\.12.*Scala 2\.13/u)
  ]);
});

test('A jar for another Scala is named without the secret of its URI', () => {
  const jars = 'https://me:s3cret@nexus/a_2.12-1.0.jar,https://store/b_2.12-1.0.jar?X-Amz-Signature=s3cret';
  const found = findingsOf('', { spark: { installation, properties: { 'spark.jars': jars } } });
  expect(found).toHaveLength(2);
  expect(found.join()).not.toContain('s3cret');
  expect(found.join()).toMatch(/ a_2\.12-1\.0\.jar.* b_2\.12-1\.0\.jar/su);
});

test.each([
  ['spark://host:7077', 'spark.files', 'https://store/a.zip?X-Amz-Signature=s3cret'],
  ['yarn', 'spark.yarn.dist.files', 's3a://key:s3cret@bucket/a.zip']
])('On %s a URI with a secret in %s is a finding, without the secret', (master, key, uri) => {
  const [found, ...others] = findingsOf(master, { spark: { installation: undefined, properties: { [key]: uri } } });
  expect(found).toContain(`spark-defaults ${key}: `);
  expect(found).not.toContain('s3cret');
  expect(others).toEqual([]);
});

test('Files in PYSPARK_SUBMIT_ARGS are a finding where Spark ignores those of the cell', () => {
  const env = { PYSPARK_SUBMIT_ARGS: '--num-executors 2 --files=/a.txt pyspark-shell' };
  expect(findingsOf('spark://host:7077', { env })).toEqual([expect.stringContaining('ignores spark.files')]);
  expect(findingsOf('yarn', { env })).toEqual([]);
  expect(findingsOf('yarn', { env: { PYSPARK_SUBMIT_ARGS: '--conf spark.x=--files' } })).toEqual([]);
});
