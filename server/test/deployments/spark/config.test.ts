import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { codePointer, type CodeArchive } from '../../../src/contract/manifest.js';
import { codePointerFile } from '../../../src/content/code/pointer-file.js';
import { NO_WISHES } from '../../../src/deployments/deployment.js';
import { parseMaster } from '../../../src/deployments/registry.js';
import { sparkConfig } from '../../../src/deployments/spark/config.js';
import { shippedOf, sparkConfOf } from './support/conf.js';
import { manifestOf } from './support/code.js';

const manifest = manifestOf('env-1234');
const model: CodeArchive = {
  name: 'my-model',
  fileName: 'my_model-aa.zip',
  bytes: 10,
  sha256: 'a',
  modules: ['my_model', 'extra']
};
const acme: CodeArchive = { name: 'acme', fileName: 'acme-bb.zip', bytes: 20, sha256: 'b', modules: ['acme'] };
const bucket = {
  uri: (name: string) => `s3a://bucket/prefix/${name}`,
  sparkProperties: () => ({
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.endpoint': 'http://127.0.0.1'
  })
};
const FILES =
  's3a://bucket/prefix/env-1234.pex,s3a://bucket/prefix/acme-bb.zip,s3a://bucket/prefix/my_model-aa.zip,s3a://bucket/prefix/p.json';

test.each([
  ['', 'spark.files'],
  ['local-cluster[2,1,1024]', 'spark.files'],
  ['spark://host:7077', 'spark.files'],
  ['yarn', 'spark.yarn.dist.files']
])('A session on "%s" gets its files through %s', async (master, key) => {
  expect(await sparkConfOf({ manifest, code: [model, acme], pointer: 'p.json', target: bucket, master })).toEqual([
    ...(master === '' ? [] : [['spark.master', master]]),
    [key, FILES],
    ...(master === 'spark://host:7077' ? [['spark.files.useFetchCache', 'false']] : []),
    ['spark.pyspark.python', './env-1234.pex'],
    ['spark.python.daemon.module', 'ship_env_runtime'],
    ['spark.hadoop.fs.s3a.endpoint', 'http://127.0.0.1'],
    ['spark.hadoop.fs.s3a.path.style.access', 'true']
  ]);
});

test('Without code there is only the artifact', async () => {
  const conf = Object.fromEntries(
    await sparkConfOf({ manifest, code: [], pointer: undefined, target: bucket, master: 'yarn' })
  );
  expect(conf['spark.yarn.dist.files']).toBe('s3a://bucket/prefix/env-1234.pex');
});

test('An artifact that every executor sees is run where it lies, and Spark copies the code only', async () => {
  const sharedArtifact = '/nfs/env-1234.pex';
  const confOf = async (code: CodeArchive[], pointer: string | undefined) =>
    (await sparkConfOf({ manifest, code, pointer, sharedArtifact, target: bucket, master: 'yarn' })).slice(0, 3);
  expect(await confOf([model], 'p.json')).toEqual([
    ['spark.master', 'yarn'],
    ['spark.yarn.dist.files', 's3a://bucket/prefix/my_model-aa.zip,s3a://bucket/prefix/p.json'],
    ['spark.pyspark.python', sharedArtifact]
  ]);
  expect((await confOf([], undefined)).slice(0, 2)).toEqual([
    ['spark.master', 'yarn'],
    ['spark.pyspark.python', sharedArtifact]
  ]);
});

test('The order in which editables and properties come does not matter', async () => {
  const turned = {
    ...bucket,
    sparkProperties: () => Object.fromEntries(Object.entries(bucket.sparkProperties()).reverse())
  };
  const one = await sparkConfOf({ manifest, code: [model, acme], pointer: 'p.json', target: bucket, master: 'yarn' });
  expect(
    await sparkConfOf({ manifest, code: [acme, model], pointer: 'p.json', target: turned, master: 'yarn' })
  ).toEqual(one);
  expect(codePointerFile([model, acme])).toEqual(codePointerFile([acme, model]));
});

test('An environment without pyarrow turns Arrow off for Python functions', async () => {
  const arrow = async (distributions: Record<string, string>) => {
    const of = {
      manifest: manifestOf('env-1', distributions),
      code: [],
      pointer: undefined,
      target: bucket,
      master: ''
    };
    return (await sparkConfOf(of)).filter(([key]) => key.includes('arrow'));
  };
  expect(await arrow({ pyarrow: '18.0.0' })).toEqual([]);
  expect(await arrow({ numpy: '2.1.0', 'pyarrow-stubs': '1' })).toEqual([
    ['spark.sql.execution.pythonUDF.arrow.enabled', 'false'],
    ['spark.sql.execution.pythonUDTF.arrow.enabled', 'false']
  ]);
});

test.each([',', '%2C', '[', '%5b', '{', '*', '%3F', '%5C'])(
  'A target whose URIs hold "%s" is refused',
  async character => {
    const target = { ...bucket, uri: (name: string) => `file:///data/a${character}b/${name}` };
    const configuring = sparkConfOf({ manifest, code: [], pointer: undefined, target, master: 'yarn' });
    await expect(configuring).rejects.toEqual(
      expect.objectContaining({
        code: 'TARGET_URL_INVALID',
        message: expect.stringContaining(decodeURIComponent(character))
      })
    );
  }
);

test('The pointer file is named by its content and stands before any later one', () => {
  const { name, content } = codePointerFile([model, acme]);
  expect(codePointer.parse(JSON.parse(content))).toEqual({
    schema: 2,
    archives: [
      { file: 'acme-bb.zip', bytes: 20, sha256: acme.sha256, modules: ['acme'] },
      { file: 'my_model-aa.zip', bytes: 10, sha256: model.sha256, modules: ['extra', 'my_model'] }
    ]
  });
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 32);
  expect(name).toBe(`ship-env-code-00000000000000000000-${hash}.json`);
});

test('An archive is unpacked by Spark, and only code is a file', () => {
  const shipped = shippedOf({ manifest, code: [model], pointer: 'p.json' });
  const runs = { kind: 'archive', alias: 'env', python: 'bin/python' } as const;
  const conf = (code: CodeArchive[], pointer?: string) =>
    sparkConfig({
      ...{ filesKey: 'files', archivesKey: 'archives', withFiles: [['with', 'files']] },
      shipped: { ...shipped, code, pointer, runs },
      access: bucket,
      master: '',
      defaults: {}
    });
  expect(conf([model], 'p.json').slice(0, 4)).toEqual([
    ['archives', 's3a://bucket/prefix/env-1234.pex#env'],
    ['files', 's3a://bucket/prefix/my_model-aa.zip,s3a://bucket/prefix/p.json'],
    ['with', 'files'],
    ['spark.pyspark.python', './env/bin/python']
  ]);
  expect(conf([]).slice(0, 2)).toEqual([
    ['archives', 's3a://bucket/prefix/env-1234.pex#env'],
    ['spark.pyspark.python', './env/bin/python']
  ]);
});

test.each([
  ['local-cluster[1,1,1024]', false, true],
  ['yarn', true, true],
  ['yarn', false, false],
  ['spark://host:7077', false, false]
])('The executors of "%s" (shared: %s) run the artifact where it lies: %s', async (master, shared, isSeen) => {
  const access = { ...bucket, executablePath: (name: string) => Promise.resolve(`/seen/${name}`) };
  const { conf } = await parseMaster(master).deployment.arrange(shippedOf({ manifest, code: [] }), access, {
    ...{ ...NO_WISHES, master, shared, deployMode: 'client', defaults: {} },
    target: 'file:///target'
  });
  expect(conf?.['spark.pyspark.python']).toBe(isSeen ? '/seen/env-1234.pex' : './env-1234.pex');
});

test('An archive is never run where it lies', async () => {
  const access = { ...bucket, executablePath: (name: string) => Promise.resolve(`/seen/${name}`) };
  const runs = { kind: 'archive', alias: 'env', python: 'bin/python' } as const;
  const { conf } = await parseMaster('yarn').deployment.arrange(
    { ...shippedOf({ manifest, code: [] }), runs },
    access,
    {
      ...{ ...NO_WISHES, master: 'yarn', shared: true, deployMode: 'client', defaults: {} },
      target: 'file:///target'
    }
  );
  expect(conf).toMatchObject({
    'spark.yarn.dist.archives': 's3a://bucket/prefix/env-1234.pex#env',
    'spark.pyspark.python': './env/bin/python'
  });
});

test('The refusal of a target says which characters to avoid', async () => {
  const target = { ...bucket, uri: (name: string) => `file:///a,b/${name}` };
  await expect(sparkConfOf({ manifest, code: [], pointer: undefined, target, master: '' })).rejects.toMatchObject({
    hint: expect.stringContaining(', [ ] { } * ? \\')
  });
});

test('What spark-defaults.conf lists is kept, before what ships', async () => {
  const of = { manifest, code: [], pointer: undefined, target: bucket };
  const defaults = { 'spark.files': '/a.txt, hdfs://x/b.txt,', 'spark.yarn.dist.files': '/only-yarn.txt' };
  const own = 's3a://bucket/prefix/env-1234.pex';
  const filesOf = async (master: string, with_: Record<string, string>) => {
    const conf = new Map(await sparkConfOf({ ...of, master, defaults: with_ }));
    return conf.get('spark.files') ?? conf.get('spark.yarn.dist.files');
  };
  expect(await filesOf('', defaults)).toBe(`/a.txt,hdfs://x/b.txt,${own}`);
  expect(await filesOf('yarn', defaults)).toBe(`/only-yarn.txt,${own}`);
  expect(await filesOf('', { 'spark.files': own })).toBe(own);
  expect(await filesOf('', { 'spark.files': 'https://ann:s3cret@host/a.zip,/part-?.txt' })).toBe(`/part-?.txt,${own}`);
});
