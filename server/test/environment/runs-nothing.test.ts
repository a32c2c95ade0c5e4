import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editable, sh, siteOf, snap, temporaryFolder, tree, uvVenv } from './fixtures.js';

const root = temporaryFolder('ship-env editäbles ');

describe('reading an environment', () => {
  it('runs nothing of it: no .pth, no sitecustomize, no import hook, no package', async () => {
    const hostile = uvVenv(join(root, 'hostile'));
    const marker = join(root, 'marker');
    const write = `open(${JSON.stringify(marker)}, "a").write("ran\\n")`;
    const site = siteOf(hostile);
    mkdirSync(join(root, 'victim'));
    tree(site, {
      'aaa.pth': `import os; ${write}\n`,
      'sitecustomize.py': write,
      'usercustomize.py': write,
      'json.py': write,
      'os.py': write,
      '__editable___evil_1_0_finder.py': `${write}\nMAPPING: dict[str, str] = {'evil': '${join(root, 'victim')}'}\n`,
      '__editable__.evil-1.0.pth': 'import __editable___evil_1_0_finder; __editable___evil_1_0_finder.install()\n',
      'evil-1.0.dist-info/METADATA': 'Name: evil\nVersion: 1.0\n',
      'evil-1.0.dist-info/direct_url.json': `{"url": "file://${encodeURI(join(root, 'victim'))}", "dir_info": {"editable": true}}`,
      'evil-1.0.dist-info/RECORD': '__editable__.evil-1.0.pth,,\n__editable___evil_1_0_finder.py,,\n'
    });
    writeFileSync(join(root, 'victim', '__init__.py'), write);
    const snapshot = await snap(join(hostile, 'bin', 'python'));
    expect(editable(snapshot, 'evil').roots).toEqual([{ importName: 'evil', path: join(root, 'victim') }]);
    expect(() => sh('cat', marker)).toThrow();
    // Proves that the trap works: an ordinary start of this python runs the code.
    sh(join(hostile, 'bin', 'python'), '-c', 'pass');
    expect(sh('cat', marker)).toContain('ran');
  });
});
