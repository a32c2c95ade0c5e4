import { describe, expect, it } from 'vitest';
import { parseDirectUrl, withoutSecrets } from '../../src/python/direct-url.js';
import { readFinder } from '../../src/python/finder.js';
import { decodeText, parseHeaders, requirementsFromEggInfo } from '../../src/python/metadata.js';
import { normalizeName } from '../../src/python/names.js';
import { NotALiteral, parsePythonLiteral } from '../../src/python/literal.js';
import { parsePth } from '../../src/python/pth.js';
import { parsePyvenvConfig } from '../../src/python/pyvenv.js';
import { parseCsv, parseRecord } from '../../src/python/record.js';
import { sh } from '../environment/fixtures.js';

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const EMPTY_RECORD_HASH = 'sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';

describe('RECORD', () => {
  it('reads hash and size, and leaves out what is not told', () => {
    const text = `pkg/__init__.py,${EMPTY_RECORD_HASH},0\r\npkg/old.py,md5=abc,7\npkg.dist-info/RECORD,,\n`;
    expect(parseRecord(text)).toEqual([
      { path: 'pkg/__init__.py', sha256: EMPTY_SHA256, size: 0 },
      { path: 'pkg/old.py', size: 7 },
      { path: 'pkg.dist-info/RECORD' }
    ]);
  });

  it('agrees with the csv module of Python on hostile paths', () => {
    const rows = [
      ['a,b.py', 'h', '1'],
      ['say "hi".py', '', ''],
      ['two\nlines.py', 'h', '2'],
      ['', 'x', ''],
      ['"', ',', '\r\n'],
      ['plain.py', '', '3'],
      ['last', '', '']
    ];
    const script =
      'import csv, json, sys; csv.writer(sys.stdout, lineterminator="\\n").writerows(json.loads(sys.argv[1]))';
    expect(parseCsv(sh('python3', '-c', script, JSON.stringify(rows)))).toEqual(rows);
  });

  it('reads a last line without a line end, quoted or not', () => {
    expect(parseCsv('a,b\n"c",')).toEqual([
      ['a', 'b'],
      ['c', '']
    ]);
    expect(parseCsv('a,b\nc,"d"')).toEqual([
      ['a', 'b'],
      ['c', 'd']
    ]);
    expect(parseCsv('"never closed')).toEqual([['never closed']]);
  });
});

describe('METADATA', () => {
  it('reads headers without case, folded lines, and stops at the body', () => {
    const headers = parseHeaders(
      Buffer.from('Name: Foo\r\nREQUIRES-DIST: bar\r\n (>=1)\r\nRequires-Dist: baz\r\n\tqux\r\n\r\nName: Body\r\n')
    );
    expect(headers.first('name')).toBe('Foo');
    expect(headers.all('Requires-Dist')).toEqual(['bar (>=1)', 'baz qux']);
    expect(headers.all('Name')).toHaveLength(1);
  });

  it('reads a file that is not UTF-8, and one with a byte order mark', () => {
    expect(parseHeaders(Buffer.from('Author: J\xfcrgen\nName: foo\n', 'latin1')).first('Author')).toBe('Jürgen');
    expect(parseHeaders(Buffer.from('\ufeffName: foo\n')).first('Name')).toBe('foo');
    expect(decodeText(Buffer.from('naïve'))).toBe('naïve');
  });

  it('turns the sections of requires.txt into markers', () => {
    const text = 'a>=1\n\n[:python_version < "3.8"]\nb\n\n[dev]\nc\n\n[dev:os_name == "nt"]\nd\n';
    expect(requirementsFromEggInfo(text)).toEqual([
      'a>=1',
      'b ; (python_version < "3.8")',
      "c ; extra == 'dev'",
      `d ; (os_name == "nt") and extra == 'dev'`
    ]);
  });

  it('normalizes names as PEP 503 does', () => {
    expect(normalizeName('Foo.-_Bar__baz')).toBe('foo-bar-baz');
  });
});

describe('pyvenv.cfg', () => {
  it.each([
    ['venv', 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n', '/usr/bin', false],
    [
      'virtualenv',
      'home = /opt/p y/bin\nbase-prefix = /opt/p y\nInclude-System-Site-Packages=TRUE\n',
      '/opt/p y/bin',
      true
    ],
    ['uv', 'home = /x\r\nimplementation = CPython\r\nuv = 0.9\r\nrelocatable = true\r\n', '/x', true],
    ['an empty file', '', '', true]
  ])('reads what %s writes', (_tool, text, home, includeSystemSite) => {
    expect(parsePyvenvConfig(text)).toEqual({ home, includeSystemSite });
  });

  it('reads the environment that an ephemeral one of uv extends', () => {
    expect(parsePyvenvConfig('home = /x\nextends-environment = /a b/.venv\n').extendsEnvironment).toBe('/a b/.venv');
  });
});

describe('.pth', () => {
  it('tells comments, paths and imports apart as site does', () => {
    const content = parsePth(
      Buffer.from('\ufeff# note\n\n/src/a b  \nimport one; one.run()\nimport\ttwo\nimportant/path\n')
    );
    expect(content).toEqual({ paths: ['/src/a b', 'important/path'], imports: ['one', 'two'] });
  });
});

describe('Python literals', () => {
  it('agrees with ast.literal_eval on what repr writes', () => {
    const value = {
      "it's": ['/a\\b', 'q"\'', 'é\u{1f40d}\u0000\n\u2028'],
      n: [1, -2, 3.5],
      t: true,
      f: false,
      none: null
    };
    const text = sh('python3', '-c', 'import json, sys; print(repr(json.loads(sys.argv[1])))', JSON.stringify(value));
    const parsed = parsePythonLiteral(text).value;
    expect(parsed).toEqual(new Map(Object.entries(value)));
  });

  it('reads tuples, sets, comments, raw and adjacent strings', () => {
    expect(parsePythonLiteral('( # a\n r"\\d" "x",\n {\'b\', "c"}, ("one"), ("one",), )').value).toEqual([
      '\\dx',
      ['b', 'c'],
      'one',
      ['one']
    ]);
    expect(parsePythonLiteral('"""two\nlines""" tail').end).toBe(15);
  });

  it.each(['os.system("x")', '[f"{x}"]', '{"a": open("x")}', "'open", '[1', '"\\U00110000"', '('.repeat(60), ''])(
    'refuses %j',
    text => {
      expect(() => parsePythonLiteral(text)).toThrow(NotALiteral);
    }
  );
});

describe('import hooks of editables', () => {
  it('reads setuptools, with and without annotations', () => {
    const annotated =
      "MAPPING: dict[str, str] = {'a': '/p/a'}\nNAMESPACES: dict[str, list[str]] = {'n': ['/p/n', '/q/n']}\n";
    const plain = "import sys\nMAPPING = {\n  'a': '/p/a',\n}\nNAMESPACES = {'n': ['/p/n', '/q/n']}\n";
    for (const text of [annotated, plain]) {
      expect(readFinder(text)).toEqual({
        modules: [{ name: 'a', path: '/p/a' }],
        namespaces: [
          { name: 'n', path: '/p/n' },
          { name: 'n', path: '/q/n' }
        ],
        topLevels: [],
        isCompiled: false
      });
    }
  });

  it('reads the editables library', () => {
    const text =
      "from editables.redirector import RedirectingFinder as F\nF.install()\nF.map_module('a.b', '/p (1)/b/__init__.py')\n";
    expect(readFinder(text)?.modules).toEqual([{ name: 'a.b', path: '/p (1)/b/__init__.py' }]);
  });

  it('reads scikit-build-core and meson-python as compiled', () => {
    const scikit =
      "def install(a, b):\n    pass\n\n\ninstall({'k': '/p/k/__init__.py'}, {'k._c': 'k/_c.so'}, None, False, True)\n";
    expect(readFinder(scikit)).toMatchObject({ modules: [{ name: 'k', path: '/p/k/__init__.py' }], isCompiled: true });
    const meson = "install(\n    'm',\n    {'m', 'n'},\n    '/p/build',\n    ['ninja'],\n    False,\n)\n";
    expect(readFinder(meson)).toMatchObject({ topLevels: ['m', 'n'], isCompiled: true });
  });

  it('reads nothing from code that is none of them', () => {
    expect(readFinder('import os\nMAPPING = os.environ\n')).toBeUndefined();
    expect(readFinder('x = 1\ninstall(make())\n')).toBeUndefined();
  });
});

describe('direct_url.json', () => {
  it('tells editables from origins', () => {
    const editable = '{"url": "file:///p%20q/%C3%A9", "dir_info": {"editable": true}}';
    expect(parseDirectUrl(editable)).toEqual({ editable: true, projectDirectory: '/p q/é' });
    expect(parseDirectUrl('{"url": "file:///p", "dir_info": {}}')).toEqual({
      editable: false,
      origin: { kind: 'directory', url: 'file:///p' }
    });
    const vcs = '{"url": "https://me:token@host/r.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}';
    expect(parseDirectUrl(vcs)).toEqual({
      editable: false,
      origin: { kind: 'vcs', url: 'https://host/r.git', revision: 'abc' }
    });
    const archive = '{"url": "file:///w.whl", "archive_info": {"hash": "sha256=00", "hashes": {"sha256": "11"}}}';
    expect(parseDirectUrl(archive)).toMatchObject({ origin: { kind: 'archive', revision: 'sha256=11' } });
  });

  it('is as good as absent when it is not JSON or not PEP 610', () => {
    expect(parseDirectUrl('{')).toBeUndefined();
    expect(parseDirectUrl('{"uri": 1}')).toBeUndefined();
  });

  it.each([
    ['https://user:pa@ss@host/x.whl', 'https://host/x.whl'],
    ['https://${USER}:${TOKEN}@host/x', 'https://host/x'],
    ['ssh://git@host:22/r.git', 'ssh://host:22/r.git'],
    ['git@host:r.git', 'host:r.git'],
    ['https://b.s3/x.whl?X-Amz-Signature=1#subdirectory=a', 'https://b.s3/x.whl#subdirectory=a'],
    ['file:///a@b/c', 'file:///a@b/c']
  ])('takes the secrets out of %s', (url, expected) => {
    expect(withoutSecrets(url)).toBe(expected);
  });
});
