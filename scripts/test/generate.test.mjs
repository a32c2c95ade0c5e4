import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FILES, staleFiles, writeGenerated } from '../generate/index.mjs';
import { betweenMarkers } from '../generate/markers.mjs';
import { pythonText } from '../generate/python-text.mjs';
import { paths } from '../lib/paths.mjs';

/** The generated files, copied to a folder of their own. */
function copyOfGenerated() {
  const root = mkdtempSync(join(tmpdir(), 'ship-env-generate-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const name of FILES) {
    cpSync(join(paths.root, name), join(root, name), { recursive: true });
  }
  return root;
}

test('each generated file is as the contract declares', async () => {
  expect((await staleFiles()).map(({ name }) => name)).toEqual([]);
});

test.each(FILES)('an edit by hand of what is generated in %s is found, and taken back', async name => {
  const root = copyOfGenerated();
  const path = join(root, name);
  const text = readFileSync(path, 'utf8');
  // In a file that is generated in part, the edit is in that part.
  const [, marker] = /generated: (.*?)(?: -->)?\n/u.exec(text) ?? [];
  writeFileSync(path, marker === undefined ? text.replace('t', 'T') : betweenMarkers(text, marker, ['by hand']));
  expect((await staleFiles(root)).map(stale => stale.name)).toEqual([name]);
  expect(await writeGenerated(root)).toEqual([name]);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('what stands outside of the markers stays', () => {
  const text = 'a\n# generated: x\nold\n# end of generated: x\nb\n';
  expect(betweenMarkers(text, 'x', ['new', 'lines'])).toBe('a\n# generated: x\nnew\nlines\n# end of generated: x\nb\n');
  expect(() => betweenMarkers('a\n', 'x', [])).toThrow('generated: x');
  expect(() => betweenMarkers('# end of generated: x\n# generated: x', 'x', [])).toThrow('wrong order');
});

test('Python reads the same values', () => {
  const values = [
    true,
    false,
    20,
    'a',
    "it's",
    'say "x"',
    'it\'s "x"',
    'a\\b"',
    '…',
    [],
    ['a'],
    ['a', 1],
    { a: ['b'], c: {} },
    ['x'.repeat(90), ['y'.repeat(90)]]
  ];
  const program = 'import ast, json, sys; print(json.dumps(ast.literal_eval(sys.stdin.read())))';
  const read = execFileSync('python3', ['-c', program], { input: pythonText(values), encoding: 'utf8' });
  expect(JSON.parse(read)).toEqual(values);
});
