import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A page of the documentation. */
export interface Page {
  /** Relative to the checkout. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Fence {
  readonly language: string;
  readonly code: string;
  /** Place of the block in the page's text. */
  readonly start: number;
  readonly end: number;
}

const AT_THE_TOP = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const FENCE = /^```([a-z0-9]*)\n(.*?)^```$/gmsu;

/** Every page of the checkout. */
export async function readPages(): Promise<Page[]> {
  const names = await readdir(`${ROOT}docs`, { recursive: true });
  const inDocs = names.filter(name => name.endsWith('.md')).toSorted();
  const paths = [...AT_THE_TOP, ...inDocs.map(name => `docs/${name}`)];
  return Promise.all(paths.map(async path => ({ path, text: await readFile(ROOT + path, 'utf8') })));
}

/** The fenced blocks of a page in their order. */
export function fencesOf(text: string): Fence[] {
  return [...text.matchAll(FENCE)].map(match => ({
    language: match[1] ?? '',
    code: match[2] ?? '',
    start: match.index,
    end: match.index + match[0].length
  }));
}
