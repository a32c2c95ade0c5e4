import { stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, fencesOf, readPages, type Page } from './pages.js';

/** `[text](target)`, `![text](target)`; the group is the target. */
const LINK = /\]\(([^()\s]+)\)/gu;

/** A page without its code, which has no links. */
function proseOf({ text }: Page): string {
  const withoutFences = fencesOf(text).reduceRight(
    (rest, { start, end }) => rest.slice(0, start) + rest.slice(end),
    text
  );
  return withoutFences.replaceAll(/`[^`\n]*`/gu, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const withoutFences = fencesOf(text).reduceRight(
    (rest, { start, end }) => rest.slice(0, start) + rest.slice(end),
    text
  );
  const seen = new Map<string, number>();
  const anchors = [...withoutFences.matchAll(/^#{1,6} (.+)$/gmu)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(anchors);
}

test('each relative link of the documentation leads to a file, and its anchor to a heading', async () => {
  const pages = await readPages();
  const texts = new Map(pages.map(({ path, text }) => [path, text]));
  const broken: string[] = [];
  let count = 0;
  for (const page of pages) {
    for (const [, link = ''] of proseOf(page).matchAll(LINK)) {
      if (/^[a-z]+:/u.test(link)) continue;
      count += 1;
      const [file = '', anchor] = link.split('#');
      const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
      const isThere = await stat(join(ROOT, path)).then(
        () => true,
        () => false
      );
      const text = texts.get(path);
      const isHeading = anchor === undefined || (text !== undefined && anchorsOf(text).has(anchor));
      if (!isThere || !isHeading) broken.push(`${page.path}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
  expect(count).toBeGreaterThan(20);
});

test('each page of docs/ can be reached from the README', async () => {
  const pages = await readPages();
  const readme = pages.find(({ path }) => path === 'README.md');
  const linked = [...(readme?.text ?? '').matchAll(LINK)].map(([, link = '']) => link.split('#')[0]);
  const inDocs = pages.map(({ path }) => path).filter(path => path.startsWith('docs/'));
  expect(inDocs.filter(path => !linked.includes(path))).toEqual([]);
});
