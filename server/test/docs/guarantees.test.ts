import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);

/** A string in TypeScript; its second group is the text between the quotes. */
const STRING = /(['"`])((?:\\.|(?!\1).)+)\1/gu;
/** Placeholders that a runner fills in: `%s`, `$name`, `${name}`. */
const FILLED_IN = /%[sdifjoO#]|\$\{[^}]*\}|\$[\w.]+/gu;

interface PromiseOfPage {
  readonly section: string;
  readonly promise: string;
  /** `path › name`, one or more. */
  readonly tests: readonly string[];
}

/** A heading of the second level is a section, one of the third level a promise, and each `- Test:` below it a test. */
function promisesOf(page: string): PromiseOfPage[] {
  return page
    .split(/^## /mu)
    .slice(1)
    .flatMap(part => {
      const [before = '', ...promises] = part.split(/^### /mu);
      const [section = ''] = before.split('\n');
      return promises.map(text => ({
        section,
        promise: text.split('\n')[0] ?? '',
        tests: [...text.matchAll(/^- Test: `(.+)`$/gmu)].map(([, one = '']) => one)
      }));
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
  const promises = promisesOf(await readFile(new URL('docs/guarantees.md', ROOT), 'utf8'));
  const missing: string[] = [];
  for (const { section, promise, tests } of promises) {
    if (tests.length === 0) missing.push(`${section}: ${promise} -> no test`);
    for (const one of tests) {
      const [path = '', name = ''] = one.split(' › ');
      const text = await readFile(new URL(path, ROOT), 'utf8').catch(() => '');
      if (name === '' || !holds(path, text, name)) missing.push(`${section}: ${promise} -> ${one}`);
    }
  }
  expect(missing).toEqual([]);
  expect(promises.length).toBeGreaterThan(0);
});

test('each line of docs/guarantees.md that speaks of a test is read as one', async () => {
  const page = await readFile(new URL('docs/guarantees.md', ROOT), 'utf8');
  const read = promisesOf(page).flatMap(({ tests }) => tests);
  expect(page.match(/ › /gu)).toHaveLength(read.length);
});

test('each section of docs/guarantees.md promises something', async () => {
  const page = await readFile(new URL('docs/guarantees.md', ROOT), 'utf8');
  const sections = [...page.matchAll(/^## (.+)$/gmu)].map(([, title]) => title);
  const promised = new Set(promisesOf(page).map(({ section }) => section));
  expect(sections.filter(title => !promised.has(title ?? ''))).toEqual([]);
});
