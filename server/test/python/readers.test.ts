/** What the readers of files do with what is rare; parsers.test.ts has what is common. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDirectUrl, withoutSecrets } from '../../src/python/direct-url.js';
import { readFinder } from '../../src/python/finder.js';
import { parseHeaders, requirementsFromEggInfo } from '../../src/python/metadata.js';
import { parsePth } from '../../src/python/pth.js';
import { findPyvenv, parsePyvenvConfig } from '../../src/python/pyvenv.js';
import { parseCsv, parseRecord } from '../../src/python/record.js';
import { askPython } from '../properties/python.js';
import { temporaryFolder } from '../support/temporary.js';

describe('RECORD', () => {
  const TEXTS = [
    'a,b\r\nc,d\re,f\n',
    '"a""b",c\r\n"d"',
    '"a"b,"c"d"e"\n',
    '\n\n"a"\n\n\r\nb\n',
    '"a",\n"b"',
    '"a"\r"b"\n"c"\r\n"d"',
    ',"",\n',
    '"a\r\nb",c\n',
    '"a,b"',
    '"a","b"'
  ];

  test('is read as the csv module of Python reads it', () => {
    const script =
      'import csv, io\nfor text in values: answers.append([row for row in csv.reader(io.StringIO(text, newline="")) if row])';
    const expected = askPython(script, TEXTS);
    expect(TEXTS.map(text => [text, parseCsv(text)])).toEqual(TEXTS.map((text, index) => [text, expected[index]]));
  });

  test('tells a size and a sha256 only where there is one', () => {
    const sha256 = `sha256=${'A'.repeat(43)}`;
    expect(
      parseRecord(`a,${sha256},12\nb,${sha256}A,1x\nc,sha256=,x1\nd,sha512=${'A'.repeat(43)},-1\ne\n,${sha256},1\n`)
    ).toEqual([
      { path: 'a', sha256: '0'.repeat(64), size: 12 },
      { path: 'b' },
      { path: 'c' },
      { path: 'd' },
      { path: 'e' }
    ]);
  });
});

describe('METADATA', () => {
  test('says nothing with UNKNOWN, and has lines that are no header', () => {
    const headers = parseHeaders(Buffer.from('Name :  foo \rno header\r goes on\rLicense: UNKNOWN\rX: a: b\n\nY: c\n'));
    expect([headers.first('name'), headers.first('License'), headers.first('X')]).toEqual(['foo', '', 'a: b']);
    expect([headers.all('License'), headers.all('Y'), headers.first('Y')]).toEqual([['UNKNOWN'], [], '']);
    expect(['', 'no heade', 'no header'].flatMap(name => headers.all(name))).toEqual([]);
    expect(parseHeaders(Buffer.from('A: 1\nno header')).all('')).toEqual([]);
  });

  test('has its values in the order of the file, the last one too where no line ends it', () => {
    expect(parseHeaders(Buffer.from('A: 1\na: 2\nA: 3\n  4')).all('A')).toEqual(['1', '2', '3 4']);
  });
});

test('requires.txt may have requirements with extras, which begin no section', () => {
  expect(requirementsFromEggInfo('a[x]\n[y]\nb[z]\n[c] d\n')).toEqual([
    'a[x]',
    "b[z] ; extra == 'y'",
    "[c] d ; extra == 'y'"
  ]);
});

test('requires.txt may have comments, and sections with nothing in their name', () => {
  const text = '# first\r\na\r\n  b >= 1  \n[]\nc\n[ x ]\nd\n[:m]\ne\n[y:]\nf\n';
  expect(requirementsFromEggInfo(text)).toEqual([
    'a',
    'b >= 1',
    'c',
    "d ; extra == ' x '",
    'e ; (m)',
    "f ; extra == 'y'"
  ]);
});

describe('pyvenv.cfg', () => {
  test.each([
    ['INCLUDE-SYSTEM-SITE-PACKAGES = False', false],
    ['include-system-site-packages = TRUE', true],
    ['include-system-site-packages = yes', false],
    ['include-system-site-packages', true],
    ['', true]
  ])('that says "%s" lets the packages of the system in: %s', (text, isIncluded) => {
    expect(parsePyvenvConfig(text).includeSystemSite).toBe(isIncluded);
  });

  test('has values that may hold an equals sign, and keys that may be empty', () => {
    expect(parsePyvenvConfig('home=/a=b\rextends-environment =\n= x')).toEqual({
      home: '/a=b',
      includeSystemSite: true
    });
  });

  test('lies beside the python, or in the folder above', async () => {
    const root = await temporaryFolder();
    const python = join(root, 'venv', 'bin', 'python');
    await mkdir(join(root, 'venv', 'bin'), { recursive: true });
    expect(await findPyvenv(python)).toBeUndefined();
    await writeFile(join(root, 'venv', 'pyvenv.cfg'), 'home = /above\n');
    expect(await findPyvenv(python)).toEqual({
      prefix: join(root, 'venv'),
      text: 'home = /above\n',
      config: { home: '/above', includeSystemSite: true }
    });
    await writeFile(join(root, 'venv', 'bin', 'pyvenv.cfg'), 'home = /beside\n');
    expect((await findPyvenv(python))?.config.home).toBe('/beside');
  });
});

describe('.pth', () => {
  test('has paths with spaces before them, and none of the spaces that Python takes off behind them', () => {
    expect(parsePth(Buffer.from(' /a\u001c\u3000\n/b\ufeff\r/c\r\n\u0085\n')).paths).toEqual([' /a', '/b\ufeff', '/c']);
  });

  test('has imports that begin a line, and comments that do', () => {
    const text = ' import a\nimport\u00a0b\nimport  c.d; e\nimport \n #x\n#y\nimport é1,f\n';
    expect(parsePth(Buffer.from(text))).toEqual({
      paths: [' import a', 'import\u00a0b', ' #x'],
      imports: ['c.d', 'é1']
    });
  });
});

describe('the import hook of an editable', () => {
  test('of setuptools may have no namespaces, and what is no name of a module', () => {
    const text =
      "X_NAMESPACES = {'n': '/n'}\nMAPPING_OLD = {}\nMAPPING = {'a': '/a', 1: '/b', 'c': 2, 'd': ['/d', 3]}\nNAMESPACES = 7\n";
    expect(readFinder(text)).toEqual({
      modules: [
        { name: 'a', path: '/a' },
        { name: 'd', path: '/d' }
      ],
      namespaces: [],
      topLevels: [],
      isCompiled: false
    });
  });

  test('is none where the names stand elsewhere than at the beginning of a line', () => {
    expect(readFinder("  MAPPING = {'a': '/a'}\n")).toBeUndefined();
    expect(readFinder("x.F.map_module('a', '/a')\n")).toBeUndefined();
    expect(readFinder("def f():\n    install({'a': '/a'}, {})\n")).toBeUndefined();
    expect(readFinder("F.map_modules('a', '/a')\n")).toBeUndefined();
    expect(readFinder("installed({'a': '/a'}, {})\n")).toBeUndefined();
  });

  test('of the editables library has as many modules as calls with two texts', () => {
    const text =
      "F.map_module('a', '/a')\nF.map_module('b')\nF.map_module(1, '/c')\nF.map_module('d', path)\nF.map_module('f', 1)\nfinder.map_module('e', '/e')\n";
    expect(readFinder(text)).toEqual({
      modules: [
        { name: 'a', path: '/a' },
        { name: 'e', path: '/e' }
      ],
      namespaces: [],
      topLevels: [],
      isCompiled: false
    });
  });

  test('of scikit-build-core is compiled when it has compiled files', () => {
    const modules = [{ name: 'k', path: '/k.py' }];
    const rest = { modules, namespaces: [], topLevels: [] };
    expect(readFinder("install({'k': '/k.py'}, {})\n")).toEqual({ ...rest, isCompiled: false });
    expect(readFinder("install({'k': '/k.py'}, None)\n")).toEqual({ ...rest, isCompiled: false });
    expect(readFinder("install({'k': '/k.py'}, {'k._c': 'c.so'})\n")).toEqual({ ...rest, isCompiled: true });
  });

  test('of meson-python names what is at the top, else the project; the last call holds', () => {
    const rest = { modules: [], namespaces: [], isCompiled: true };
    expect(readFinder("install('m', {'a', 'b', 1})\n")).toEqual({ ...rest, topLevels: ['a', 'b'] });
    expect(readFinder("install('m', '/build')\n")).toEqual({ ...rest, topLevels: ['m'] });
    expect(readFinder("install('m', {'a'})\ninstall('n', {'b'})\n")).toEqual({ ...rest, topLevels: ['b'] });
    expect(readFinder("install('m', {'a'})\ninstall(7, {'b'})\n")).toBeUndefined();
  });
});

describe('direct_url.json', () => {
  const origin = (more: object): unknown => {
    const found = parseDirectUrl(JSON.stringify({ url: 'https://me@host/x?sig=1', ...more }));
    return found?.editable === false ? found.origin : found;
  };

  test.each<[object, object]>([
    [{}, { kind: 'archive', url: 'https://host/x' }],
    [{ archive_info: {} }, { kind: 'archive', url: 'https://host/x' }],
    [{ archive_info: { hash: '' } }, { kind: 'archive', url: 'https://host/x' }],
    [{ archive_info: { hash: 'md5=1' } }, { kind: 'archive', url: 'https://host/x', revision: 'md5=1' }],
    [
      { archive_info: { hash: 'md5=1', hashes: { md5: '1' } } },
      { kind: 'archive', url: 'https://host/x', revision: 'md5=1' }
    ],
    [{ vcs_info: { vcs: 'git' } }, { kind: 'vcs', url: 'https://host/x' }],
    [{ dir_info: { editable: false } }, { kind: 'directory', url: 'https://host/x' }]
  ])('with %j tells where it came from', (more, told) => {
    expect(origin(more)).toEqual(told);
  });

  test('of an editable may name no folder of this machine', () => {
    for (const url of ['https://host/x', 'file://host/x']) {
      expect(parseDirectUrl(JSON.stringify({ url, dir_info: { editable: true } }))).toEqual({
        editable: true,
        projectDirectory: undefined
      });
    }
  });

  test.each([
    ['git+https://a@b@host/x@v1', 'git+https://host/x@v1'],
    ['https://host', 'https://host'],
    ['https://host/a?b#c?d', 'https://host/a#c?d'],
    ['a/b@host:x', 'a/b@host:x'],
    ['me@host:a@b', 'host:a@b'],
    ['https://me@host/a\nb', 'https://host/a\nb']
  ])('has no secret in %j', (url, safe) => {
    expect(withoutSecrets(url)).toBe(safe);
  });
});
