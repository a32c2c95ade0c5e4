import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);

/** A string in TypeScript; what stands between the quotes is the second group. */
const STRING = /(['"`])((?:\\.|(?!\1).)+)\1/gu;
/** What a runner fills in: `%s`, `$name`, `${name}`. */
const FILLED_IN = /%[sdifjoO#]|\$\{[^}]*\}|\$[\w.]+/gu;

interface Row {
  readonly section: string;
  readonly promise: string;
  /** `path › name`, one or more. */
  readonly tests: readonly string[];
}

function rowsOf(page: string): Row[] {
  return page
    .split(/^## /mu)
    .slice(1)
    .flatMap(part => {
      const [section = '', ...lines] = part.split('\n');
      return lines
        .filter(line => /^\| (?!promise \||---)/u.test(line))
        .map(line => {
          // A bar in a cell is escaped.
          const [, promise = '', , tests = ''] = line
            .split(/(?<!\\)\|/u)
            .map(cell => cell.trim().replaceAll('\\|', '|'));
          return { section, promise, tests: tests.split(/<br\s*\/?>/u).map(one => one.trim().replaceAll('`', '')) };
        });
    });
}

/** Is there a test of this name in the file's text? */
function holds(path: string, text: string, name: string): boolean {
  if (path.endsWith('.py')) return text.includes(`def ${name}(`);
  return [...text.matchAll(STRING)].some(([, , title = '']) => {
    const pattern = title
      .replaceAll(/\\(['"`\\])/gu, '$1')
      .split(FILLED_IN)
      .map(piece => piece.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&'))
      .join('.*');
    return /\w/u.test(pattern.replaceAll('.*', '')) && new RegExp(`^${pattern}$`, 'u').test(name);
  });
}

test('each promise of docs/guarantees.md names tests that exist', async () => {
  const rows = rowsOf(await readFile(new URL('docs/guarantees.md', ROOT), 'utf8'));
  const missing: string[] = [];
  for (const { section, promise, tests } of rows) {
    for (const one of tests) {
      const [path = '', name = ''] = one.split(' › ');
      const text = await readFile(new URL(path, ROOT), 'utf8').catch(() => '');
      if (name === '' || !holds(path, text, name)) missing.push(`${section}: ${promise} -> ${one}`);
    }
  }
  expect(missing).toEqual([]);
  expect(rows.length).toBeGreaterThan(0);
});

test('each section of docs/guarantees.md promises something', async () => {
  const page = await readFile(new URL('docs/guarantees.md', ROOT), 'utf8');
  const sections = [...page.matchAll(/^## (.+)$/gmu)].map(([, title]) => title);
  const promised = new Set(rowsOf(page).map(({ section }) => section));
  expect(sections.filter(title => !promised.has(title ?? ''))).toEqual([]);
});
