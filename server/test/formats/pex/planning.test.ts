import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { missingDependencies, parseRequirement } from '../../../src/content/dependencies.js';
import { evaluateMarker, markerEnvironment } from '../../../src/python/markers.js';
import { CompiledModules } from '../../../src/content/segments/compile/compiled-modules.js';
import { metadataFromPkgInfo } from '../../../src/content/segments/plan/dist-info.js';
import { placesOf } from '../../../src/content/segments/plan/places.js';
import { recordText } from '../../../src/content/segments/plan/record-text.js';
import { planSegment } from '../../../src/content/segments/plan/segment-plan.js';
import { headersVersion, wheelName } from '../../../src/python/wheel-name.js';
import { stayHome } from '../../../src/content/stay-home.js';
import { Cache } from '../../../src/system/cache/cache.js';
import type { Distribution } from '../../../src/contract/snapshot.js';
import { temporaryFolder } from '../../support/temporary.js';
import { INTERPRETER, NEVER, snapshotOf } from '../fixtures.js';

const SITE = '/venv/lib/python3.11/site-packages';

function distribution(changes: Partial<Distribution> = {}): Distribution {
  return {
    name: 'Some.Thing',
    normalizedName: 'some-thing',
    version: '1.0',
    metadataKind: 'dist-info',
    location: SITE,
    metadataName: 'Some.Thing-1.0.dist-info',
    layer: 'environment',
    tags: ['py3-none-any'],
    suspects: [],
    rootIsPurelib: true,
    requires: [],
    files: [],
    ...changes
  };
}

describe('wheel names', () => {
  test.each([
    [
      { name: 'zope.interface', version: '5.0-1', tags: ['cp311-cp311-linux_x86_64'] },
      'zope_interface-5.0_1-cp311-cp311-linux_x86_64.whl'
    ],
    [{ name: 'Six', version: '1.10', tags: ['py2-none-any', 'py3-none-any'] }, 'Six-1.10-py2.py3-none-any.whl'],
    [{ name: 'six', version: '1', tags: ['py3.py2-none-any'] }, 'six-1-py2.py3-none-any.whl'],
    [
      { name: 'a', version: '1', tags: ['cp311-cp311-manylinux_2_17_x86_64', 'cp311-cp311-manylinux2014_x86_64'] },
      'a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl'
    ]
  ])('%j', (given, expected) => {
    expect(wheelName(given)).toBe(expected);
  });

  test.each([
    [['cp311-cp311-linux_x86_64'], '3.11'],
    [['cp39-abi3-a', 'cp39-abi3-b'], '3.9'],
    [['py3-none-any'], 'X.Y'],
    [['cp311-cp311-a', 'cp312-cp312-a'], 'X.Y']
  ])('headers of %j go below python%s', (tags, expected) => {
    expect(headersVersion(tags)).toBe(expected);
  });
});

describe('places', () => {
  test.each([
    ['pkg/a.py', 'pkg/a.py', false],
    ['../../../bin/tool', '.prefix/bin/tool', true],
    ['../../../share/x/y', '.prefix/data/share/x/y', false],
    ['../../../include/site/python3.11/Some-Thing/a/b.h', '.prefix/include/site/pythonX.Y/Some.Thing/a/b.h', false],
    ['../../../include/site/python3.11/other/b.h', '.prefix/data/include/site/python3.11/other/b.h', false],
    [`${SITE}/absolute.py`, 'absolute.py', false]
  ])('%s goes to %s', (path, name, isScript) => {
    expect(placesOf(distribution(), INTERPRETER)(path)).toEqual({ name, isScript });
  });

  test('what lies outside the environment has none', () => {
    expect(placesOf(distribution(), INTERPRETER)('../../../../etc/x')).toBeUndefined();
    expect(placesOf(distribution(), INTERPRETER)('/venvious/x')).toBeUndefined();
  });

  test("a base layer's scripts lie beside its own lib", () => {
    const base = distribution({ layer: 'base', location: '/usr/local/lib/python3.11/dist-packages' });
    expect(placesOf(base, INTERPRETER)('../../../bin/tool')).toEqual({ name: '.prefix/bin/tool', isScript: true });
  });

  test('lib64 is the same place as lib', () => {
    const interpreter = {
      ...INTERPRETER,
      siteDirectories: [
        ...INTERPRETER.siteDirectories,
        { path: '/venv/lib64/python3.11/site-packages', layer: 'environment' as const }
      ]
    };
    expect(placesOf(distribution(), interpreter)('../../../lib64/python3.11/site-packages/x.so')).toEqual({
      name: 'x.so',
      isScript: false
    });
  });
});

test('RECORD quotes what CSV must quote and lists itself without a hash', () => {
  const entry = {
    kind: 'data',
    name: 'a,"b".py',
    data: Buffer.from('x'),
    sha256: '00'.repeat(32),
    executable: false
  } as const;
  expect(recordText('z/RECORD', [entry])).toBe(`"a,""b"".py",sha256=${'A'.repeat(43)},1\nz/RECORD,,\n`);
});

test('METADATA of an egg-info gets the requirements', () => {
  const egg = distribution({ requires: ['six>=1', "x; extra == 'e'"] });
  expect(metadataFromPkgInfo('Metadata-Version: 1.1\nName: x\n\nA description\n', egg)).toBe(
    "Metadata-Version: 1.1\nName: x\nRequires-Dist: six>=1\nRequires-Dist: x; extra == 'e'\n\nA description\n"
  );
  expect(metadataFromPkgInfo('Name: x\nRequires-Dist: y\n', egg)).toBe('Name: x\nRequires-Dist: y\n');
});

describe('requirements', () => {
  test.each([
    ['six', { normalizedName: 'six', specifier: '', marker: '' }],
    [
      'Foo_Bar[a,b] >=1,<2 ; python_version<"3"',
      { normalizedName: 'foo-bar', specifier: '>=1,<2', marker: 'python_version<"3"' }
    ],
    ['foo (>=1.0)', { normalizedName: 'foo', specifier: '>=1.0', marker: '' }],
    ['foo @ https://x/y.whl', { normalizedName: 'foo', specifier: '', marker: '' }]
  ])('%s', (line, expected) => {
    expect(parseRequirement(line)).toMatchObject(expected);
  });

  test('what is no requirement gives nothing', () => {
    expect(parseRequirement('???')).toBeUndefined();
  });

  test.each([
    ["python_version < '3.9'", false],
    ["python_version >= '3.9' and sys_platform == 'linux'", true],
    ["python_version >= '3.10'", true],
    ["platform_machine in 'x86_64 aarch64'", true],
    ["sys_platform not in 'win32 darwin'", true],
    ["extra == 'test'", false],
    ["extra == 'test' or os_name == 'posix'", true],
    ["(extra == 'a' or extra == 'b') and python_version > '3'", false],
    ["platform_release >= '5'", undefined],
    ["platform_release >= '5' and extra == 'x'", false],
    ["platform_release >= '5' or os_name == 'posix'", true],
    ["python_full_version == '3.11.*'", true],
    ['this is not a marker', undefined],
    ["os_name == 'posix' os_name", undefined],
    ['', true]
  ])('the marker %s gives %s', (marker, expected) => {
    expect(evaluateMarker(marker, markerEnvironment(INTERPRETER))).toBe(expected);
  });

  test('what stays home is not missing, and neither is what it wants', () => {
    const snapshot = snapshotOf([
      distribution({ requires: ['pyspark>=3', 'my-code', 'absent; extra == "x"'] }),
      distribution({ name: 'pyspark', normalizedName: 'pyspark', requires: ['py4j==99'] })
    ]);
    snapshot.editables.push({
      name: 'my-code',
      normalizedName: 'my-code',
      version: '0.1',
      entryPoints: '',
      kind: 'pth',
      projectDirectory: '/x',
      roots: [],
      requires: ['gone']
    });
    expect(
      missingDependencies(snapshot, stayHome({ excludes: [], includeSpark: false })).map(({ message }) => message)
    ).toEqual(['my-code requires gone, which is not installed.']);
  });
});

describe('a name that nodes use themselves', () => {
  test.each([
    '.ship-env',
    '.ship-env/a.txt',
    '.layout.json',
    '.prefix/bin/tool',
    'jupyterlab_ship_env/__init__.py',
    'jupyterlab_ship_env.py',
    'ship_env_runtime.py',
    'ship_env_runtime/__init__.py',
    'ship_env_start.cpython-311-x86_64-linux-gnu.so',
    'zz_ship_env.pth',
    '../../../pyvenv.cfg',
    '../../../.ship-env/python',
    '../../../bin/python',
    '../../../bin/python3.11'
  ])('is refused when it is planned: %s', async path => {
    const file = { path, size: 0, sha256: '', executable: false };
    const cache = await Cache.open(await temporaryFolder());
    await expect(
      CompiledModules.during(cache, NEVER, compiled =>
        planSegment(distribution({ name: 'kit', files: [file] }), INTERPRETER, compiled, NEVER)
      )
    ).rejects.toMatchObject({
      code: 'ARTIFACT_NAME_RESERVED',
      message: expect.stringContaining(posix.resolve(SITE, path)),
      hint: expect.stringContaining('--exclude kit')
    });
  });
});

test('a compiled module without its source is the module itself, and ships', async () => {
  const file = { path: 'kit/engine.pyc', size: 0, sha256: 'a'.repeat(64), executable: false };
  const cache = await Cache.open(await temporaryFolder());
  const { segment } = await CompiledModules.during(cache, NEVER, compiled =>
    planSegment(distribution({ name: 'kit', files: [file] }), INTERPRETER, compiled, NEVER)
  );
  expect(segment.entries.map(({ name }) => name)).toContain('kit/engine.pyc');
});
