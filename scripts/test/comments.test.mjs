import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { paths } from '../lib/paths.mjs';
import { sentencesWithOf } from '../lint/comments.mjs';

const FOLDERS = ['server/src', 'src', 'jupyterlab_ship_env', 'scripts', 'bench'];

/** The source files of our own, tests of the scripts excluded: they hold bad examples. */
function sources() {
  const files = execFileSync('git', ['ls-files', '-z', ...FOLDERS], { cwd: paths.root, encoding: 'utf8' }).split('\0');
  return files.filter(file => /\.(?:tsx?|mjs|py)$/.test(file) && !file.startsWith('scripts/test/'));
}

describe('a comment', () => {
  it('never begins a sentence with "Of"', () => {
    const found = sources().flatMap(file =>
      sentencesWithOf(readFileSync(join(paths.root, file), 'utf8')).map(({ line, text }) => `${file}:${line}: ${text}`)
    );
    expect(found).toEqual([]);
  });

  it.each([
    '/** Of the bytes, lower-case hex. */',
    '  // Of an attempt before.',
    ' * Calls the listener with the events so far. Of the others it hears later.',
    ' * @param at - Of the piece in the span',
    '  readonly at: number; // Of the piece in the span.',
    '    """Of the whole ship; steps overlap."""',
    '    Of one name the first wins.',
    '# Of a wheel, which becomes the name of a file here.'
  ])('is found: %s', line => {
    expect(sentencesWithOf(`first\n${line}\n`)).toEqual([{ line: 2, text: line.trim() }]);
  });

  it.each([
    '/** sha256 of the bytes, lower-case hex. */',
    ' * Of Mice and Men',
    'type ValueOf<Of extends Option> = Of extends { value: string }',
    "const title = 'Proof Of work';"
  ])('is not found: %s', line => {
    expect(sentencesWithOf(line)).toEqual([]);
  });
});
