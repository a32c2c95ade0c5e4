import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sparkDefaults } from '../../src/spark/defaults.js';
import { findSpark } from '../../src/spark/installation.js';
import { temporaryFolder } from '../support/temporary.js';

/** Makes a Spark with one jar, and returns its folder. */
async function makeSpark(home: string, jar = 'spark-core_2.13-4.3.0.jar'): Promise<string> {
  await mkdir(join(home, 'jars'), { recursive: true });
  await writeFile(join(home, 'jars', jar), '');
  return home;
}

test('SPARK_HOME wins over the pyspark of the python', async () => {
  const folder = await temporaryFolder();
  const packaged = await makeSpark(join(folder, 'venv', 'lib', 'python3.11', 'site-packages', 'pyspark'));
  const named = await makeSpark(join(folder, 'spark'), 'spark-core_2.12-3.5.9-amzn-1.jar');
  const python = join(folder, 'venv', 'bin', 'python');
  expect(await findSpark({ python, env: { SPARK_HOME: named } })).toEqual({
    home: named,
    source: 'environment',
    jars: join(named, 'jars'),
    configuration: join(named, 'conf'),
    version: '3.5.9-amzn-1',
    scala: '2.12'
  });
  const found = { home: packaged, source: 'pyspark', version: '4.3.0', scala: '2.13' };
  expect(await findSpark({ python, env: { SPARK_CONF_DIR: '/conf' } })).toMatchObject({
    ...found,
    configuration: '/conf'
  });
  expect(await findSpark({ python: join(folder, 'venv'), env: {} })).toMatchObject(found);
});

test('There is no Spark in an environment without pyspark, or with a pyspark without jars', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'lib', 'python3.11', 'site-packages', 'pyspark'), { recursive: true });
  expect(await findSpark({ python: join(folder, 'bin', 'python'), env: {} })).toBeUndefined();
  expect(await findSpark({ env: {} })).toBeUndefined();
});

test('spark-defaults.conf is read as Java reads a properties file', async () => {
  const home = await makeSpark(await temporaryFolder());
  await mkdir(join(home, 'conf'));
  const text = [
    '# comment',
    'spark.master   yarn  ',
    'spark.files=/a.txt,\\',
    '   /b.txt',
    'spark.app.name: caf\\u00e9',
    '! spark.remote sc://host'
  ].join('\n');
  await writeFile(join(home, 'conf', 'spark-defaults.conf'), text);
  const { properties } = await sparkDefaults({ env: { SPARK_HOME: home } });
  expect(properties).toEqual({
    'spark.master': 'yarn',
    'spark.files': '/a.txt,/b.txt',
    'spark.app.name': 'café'
  });
});

test('Without spark-defaults.conf there are no properties', async () => {
  const home = await makeSpark(await temporaryFolder());
  expect((await sparkDefaults({ env: { SPARK_HOME: home } })).properties).toEqual({});
});

test('A spark-defaults.conf that cannot be read is an error, which names the file', async () => {
  const home = await makeSpark(await temporaryFolder());
  await mkdir(join(home, 'conf', 'spark-defaults.conf'), { recursive: true });
  await chmod(join(home, 'conf'), 0o755);
  await expect(sparkDefaults({ env: { SPARK_HOME: home } })).rejects.toMatchObject({
    code: 'SPARK_DEFAULTS_UNREADABLE',
    message: expect.stringContaining(join(home, 'conf', 'spark-defaults.conf')),
    hint: expect.stringContaining('SPARK_CONF_DIR')
  });
});
