import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { paths } from '../lib/paths.mjs';
import { PURE, TESTS, sourcesToMutate } from '../mutation/files.mjs';
import { needsOf } from '../suites/needs.mjs';

describe('npm run mutation', () => {
  it('changes sources that there are', () => {
    const sources = sourcesToMutate([]).map(file => file.replace('server/src/', ''));
    expect(PURE.filter(pattern => !sources.some(name => pattern.test(name)))).toEqual([]);
  });

  it('changes those alone whose path has one of the words', () => {
    expect(sourcesToMutate(['text/count', 'prune-judge'])).toEqual([
      'server/src/inventory/prune-judge.ts',
      'server/src/text/count.ts'
    ]);
    expect(sourcesToMutate(['inventory/prune.ts'])).toEqual([]);
  });

  it('runs tests that there are, and that need nothing built', () => {
    const found = TESTS.map(glob => globSync(glob, { cwd: paths.root }));
    expect(found.filter(files => files.length === 0)).toEqual([]);
    expect([...needsOf(found.flat())]).toEqual([]);
  });
});
