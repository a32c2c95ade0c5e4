import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ERRORS } from '../../src/contract/errors.js';

test('docs/troubleshooting.md lists exactly the codes of the table, with status, title and a way out', async () => {
  const page = await readFile(new URL('../../../docs/troubleshooting.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (.+?) \| (.+?) \|$/gm)].map(row => row.slice(1));
  expect(rows.map(([code, status, title]) => [code, status, title])).toEqual(
    Object.entries(ERRORS).map(([code, { status, title }]) => [code, String(status), title])
  );
  for (const [code, , title, solution] of rows) {
    expect(solution, code).toMatch(/\w.*[.?]$/);
    expect(solution, code).not.toBe(title);
  }
});
