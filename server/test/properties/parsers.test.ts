import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequirement } from '../../src/content/dependencies.js';
import { evaluateMarker } from '../../src/python/markers.js';
import { recordText } from '../../src/content/segments/plan/record-text.js';
import { readFinder } from '../../src/python/finder.js';
import { parseHeaders } from '../../src/python/metadata.js';
import { parsePth } from '../../src/python/pth.js';
import { parseCsv, parseRecord } from '../../src/python/record.js';
import { RUNS, askPython } from './python.js';

/** Texts with many characters that have a meaning in the format. */
function textOf(...pieces: string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...pieces) },
    fc.string({ unit: 'grapheme', maxLength: 4 })
  );
  // A file with a NUL is never parsed.
  return fc.array(piece, { maxLength: 24 }).map(parts => parts.join('').replaceAll('\0', ''));
}

/** Values of an arbitrary, the same number in each run, for a program that processes all of them at once. */
function samples<T>(arbitrary: fc.Arbitrary<T>): T[] {
  return fc.sample(arbitrary, RUNS);
}

describe('RECORD', () => {
  const csv = textOf('"', '""', ',', '\n', '\r\n', '\r', 'a/b.py', ' ', 'sha256=');

  it('is read as the csv module of Python reads it', () => {
    const texts = samples(csv);
    const script = `
import csv, io
for text in values:
    answers.append([row for row in csv.reader(io.StringIO(text, newline="")) if row and row != [""]])`;
    expect(texts.map(parseCsv)).toEqual(askPython(script, texts));
  });

  it('says of each file what was written of it', () => {
    const path = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(name => !name.includes('\0'));
    const file = fc.record({ name: path, sha256: fc.stringMatching(/^[0-9a-f]{64}$/), size: fc.nat() });
    fc.assert(
      fc.property(fc.uniqueArray(file, { selector: ({ name }) => name }), files => {
        const entries = files.map(each => ({ kind: 'file' as const, source: '', executable: false, ...each }));
        const found = parseRecord(recordText('RECORD', entries)).filter(({ sha256 }) => sha256 !== undefined);
        const byName = (name: string) => found.find(({ path: each }) => each === name);
        expect(files.map(({ name }) => byName(name))).toEqual(
          files.map(({ name, sha256, size }) => ({ path: name, sha256, size }))
        );
      }),
      { numRuns: RUNS }
    );
  });
});

describe('a path file', () => {
  it('is read as Python reads it', () => {
    const texts = samples(
      textOf('import ', 'import\t', 'import os', '#', '\n', '\r\n', '\r', 'lib', '../', '/srv', ' ', '\t', ';')
    );
    // Python's own site.addpackage, with a folder in which every path exists, and without running any code.
    const script = `
import os, site, tempfile
site.exec = lambda line: imported.append(line)
exists, os.path.exists = os.path.exists, lambda path: True
folder = tempfile.mkdtemp()
for text in values:
    imported, before = [], list(sys.path)
    name = os.path.join(folder, "x.pth")
    with open(name, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    site.addpackage(folder, "x.pth", set())
    answers.append([[path for path in sys.path if path not in before], len(imported)])
    sys.path[:] = before
os.remove(name)
os.rmdir(folder)
answers = [[folder], *answers]`;
    const [[folder], ...answers] = askPython(script, texts) as [[string], ...[string[], number][]];
    const ours = texts.map(text => parsePth(Buffer.from(text)));
    const normal = `import os; answers.extend(os.path.normpath(os.path.join(${JSON.stringify(folder)}, each)) for each in values)`;
    expect(ours.map(({ paths }) => [...new Set(askPathsOnce(paths, normal))])).toEqual(answers.map(([paths]) => paths));
    for (const [index, { imports }] of ours.entries())
      expect(imports.length).toBeLessThanOrEqual(answers[index]?.[1] ?? 0);
  });
});

const known = new Map<string, string>();

function askPathsOnce(paths: readonly string[], script: string): string[] {
  const unknown = paths.filter(path => !known.has(path));
  if (unknown.length > 0) {
    for (const [index, answer] of askPython(script, unknown).entries()) known.set(unknown[index] ?? '', String(answer));
  }
  return paths.map(path => known.get(path) ?? '');
}

describe('the mapping of a finder', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom("'", '"', '\\', '\n', '\u001b', 'a', '/', '.'),
      fc.string({ unit: 'grapheme', maxLength: 1 })
    ),
    maxLength: 12
  });

  it('is what Python wrote, whatever names and paths hold', () => {
    const mappings = samples(fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 6 }));
    const script = `
for pairs in values:
    answers.append(f"from __future__ import annotations\\nMAPPING: dict[str, str] = {dict(pairs)!r}\\nNAMESPACES: dict[str, list[str]] = {{}}\\n")`;
    const finders = askPython(script, mappings).map(String);
    expect(finders.map(each => readFinder(each)?.modules)).toEqual(
      mappings.map(pairs => pairs.map(([name, path]) => ({ name, path })))
    );
  });

  it('is found or not, and never an error, in any text', () => {
    const broken = textOf(
      'MAPPING = ',
      '{',
      '}',
      "'",
      '"',
      '\\',
      ':',
      ',',
      '[',
      ']',
      '(',
      ')',
      '\n',
      'install(',
      'F.map_module('
    );
    fc.assert(
      fc.property(broken, each => void readFinder(each)),
      { numRuns: RUNS }
    );
    const deep = `MAPPING = ${'['.repeat(1_000_000)}`;
    expect(readFinder(deep)).toBeUndefined();
  });
});

describe('requirement markers', () => {
  const environment = {
    python_version: '3.11',
    python_full_version: '3.11.7',
    implementation_name: 'cpython',
    platform_python_implementation: 'CPython',
    os_name: 'posix',
    sys_platform: 'linux',
    platform_system: 'Linux',
    platform_machine: 'x86_64',
    extra: ''
  };
  const variable = fc.constantFrom(...Object.keys(environment));
  const literal = fc.constantFrom(
    '3.11',
    '3.9',
    '3.12',
    '3',
    'linux',
    'win32',
    'Linux',
    'CPython',
    'x86_64',
    '3.11.7',
    'posix',
    ''
  );
  const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=', 'in', 'not in', '~=');
  const comparison = fc
    .tuple(variable, operator, literal, fc.constantFrom("'", '"'))
    .map(([name, sign, value, quote]) => `${name} ${sign} ${quote}${value}${quote}`);
  const { marker } = fc.letrec<{ marker: string }>(tie => ({
    marker: fc.oneof(
      { maxDepth: 3 },
      comparison,
      fc.tuple(tie('marker'), fc.constantFrom('and', 'or'), tie('marker')).map(parts => parts.join(' ')),
      tie('marker').map(inner => `(${inner})`)
    )
  }));

  it('hold where packaging says so', () => {
    const markers = samples(marker);
    const script = `
from packaging.markers import Marker, UndefinedComparison
for marker in values:
    try:
        answers.append(Marker(marker).evaluate(${JSON.stringify(environment)}))
    except (UndefinedComparison, ValueError):
        answers.append(None)`;
    const expected = askPython(script, markers);
    const wrong = markers.filter((each, index) => {
      const ours = evaluateMarker(each, environment);
      return ours !== undefined && expected[index] !== null && ours !== expected[index];
    });
    expect(wrong).toEqual([]);
    // Without this check, an empty answer would pass.
    expect(markers.filter(each => evaluateMarker(each, environment) !== undefined).length).toBeGreaterThan(RUNS / 10);
  });

  it('are true, false or unknown, and never an error, in any text', () => {
    const broken = textOf(
      '(',
      ')',
      'and ',
      'or ',
      'not in ',
      "'3.11'",
      'python_version',
      '==',
      '~=',
      'constructor',
      '__proto__',
      ' '
    );
    fc.assert(
      fc.property(broken, each => {
        expect([true, false, undefined]).toContain(evaluateMarker(each, environment));
        parseRequirement(`name>=1; ${each}`);
        parseRequirement(each);
      }),
      { numRuns: RUNS }
    );
    expect(evaluateMarker('('.repeat(1_000_000), environment)).toBeUndefined();
    expect(evaluateMarker("constructor == 'a'", environment)).toBeUndefined();
  });
});

describe('metadata', () => {
  it('gives strings, and never an error, whatever its bytes are', () => {
    const lines = fc.oneof(
      textOf('Name:', 'Version:', ' ', '\t', '\n', '\r\n', ':', 'Requires-Dist: a').map(text => Buffer.from(text)),
      fc.uint8Array().map(bytes => Buffer.from(bytes))
    );
    fc.assert(
      fc.property(lines, bytes => {
        const headers = parseHeaders(bytes);
        expect(typeof headers.first('Name')).toBe('string');
        expect(headers.all('Requires-Dist').every(each => !/[\r\n]/.test(each))).toBe(true);
      }),
      { numRuns: RUNS }
    );
  });
});
