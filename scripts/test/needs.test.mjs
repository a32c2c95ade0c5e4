import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needsOf } from '../suites/needs.mjs';
import { testFiles } from '../suites/select.mjs';

/** @param {Record<string, string>} files */
function needsOfFirst(files) {
  const root = mkdtempSync(join(tmpdir(), 'ship-env-needs-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return [...needsOf(Object.keys(files).slice(0, 1), root)].sort();
}

describe('what a test file needs', () => {
  it.each([
    ['it says itself', { 'a.test.ts': "// needs: s3, bundle\nimport 'vitest';" }],
    [
      'its imports say, and theirs',
      {
        'test/a.test.ts': "import { b } from './b.js';",
        'test/b.ts': "export {\n  c\n} from '../c.mjs';\nawait import('../d/d.js');",
        'c.mjs': '/**\n * needs: s3\n */',
        'd/d.ts': '// needs: bundle'
      }
    ],
    [
      'it and its modules say in Python',
      {
        'test_a.py': '"""A."""\n# needs: bundle\nimport os\nfrom b import c',
        'b.py': '"""B.\n\nneeds: s3\n"""'
      }
    ],
    [
      'a module of the folder above says in Python',
      {
        'node/test_a.py': '# needs: bundle\nfrom b import c',
        'b.py': '# needs: s3'
      }
    ]
  ])('is what %s', (_what, files) => {
    expect(needsOfFirst(files)).toEqual(['bundle', 's3']);
  });

  it('is nothing of what it imports for the types only', () => {
    const text = "import type {\n  B\n} from './b.js';\nexport type { C } from './b.js';\n// He needs: s3";
    expect(needsOfFirst({ 'a.test.ts': text, 'b.ts': '// needs: s3' })).toEqual([]);
  });

  it('must be something that we know', () => {
    expect(() => needsOfFirst({ 'a.py': '# needs: kafka' })).toThrow(/'# needs: kafka'; the known needs are seed/);
  });
});

describe('what our own test files need', () => {
  it('is little for most of them', () => {
    const server = testFiles('server').map(file => needsOf([file]));
    const [few, s3, bundle] = [
      server.filter(needs => needs.size === 0),
      server.filter(needs => needs.has('s3')),
      server.filter(needs => needs.has('bundle'))
    ].map(files => files.length);
    expect(few).toBeGreaterThan(server.length / 2);
    expect(s3).toBeGreaterThan(10);
    expect(bundle).toBeGreaterThan(5);
    expect([...needsOf(testFiles('frontend'))]).toEqual([]);
  });

  it('is the wheel where it is looked into', () => {
    expect([...needsOf(['python-tests/package/test_wheel.py'])]).toEqual(['wheel']);
    expect([...needsOf(['python-tests/magic/test_magic.py'])]).toEqual([]);
    expect([...needsOf(['python-tests/node/test_prune.py'])]).toEqual(['bundle']);
  });
});
