import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/contract/snapshot.js';
import { editable, findings, siteOf, snap, temporaryFolder, tree, uvVenv } from './fixtures.js';

const root = temporaryFolder('ship-env editäbles ');

describe('editables as older and compiling tools leave them', () => {
  const python = join(root, 'by hand');
  let snapshot: Snapshot;
  const at = (...parts: string[]): string => join(root, ...parts);
  beforeAll(async () => {
    uvVenv(python);
    const site = siteOf(python);
    tree(root, {
      'linked/src/linked/__init__.py': '',
      'linked/src/Linked_One.egg-info/PKG-INFO': 'Metadata-Version: 2.1\nName: linked-one\nVersion: 3.0\n',
      'linked/src/Linked_One.egg-info/requires.txt': 'requests\n',
      'linked/src/Linked_One.egg-info/entry_points.txt': '[a]\nb = linked\n',
      'easy/easy_one.py': '',
      'easy/easy_one.egg-info/PKG-INFO': 'Metadata-Version: 2.1\nName: easy-one\nVersion: 4.0\n',
      'plain folder/plain.py': '',
      'built/src/built/__init__.py': '',
      'built/src/built/fast.cpython-311-x86_64-linux-gnu.so': 'ELF',
      'scikit/src/sk/__init__.py': '',
      'meson/me/__init__.py': '',
      'flit/fl_linked/__init__.py': '',
      'nothing/src/other_name/__init__.py': ''
    });
    tree(site, {
      'linked-one.egg-link': `${at('linked', 'src')}\n../\n`,
      'easy-install.pth': `${at('linked', 'src')}\n${at('easy')}\n./inside\n`,
      'my_folder.pth': `# by hand\nimport sys; sys.marker = 1\n${at('plain folder')}\n/nowhere/at/all\nrelative/nowhere\n`,
      'inside/inner.py': ''
    });
    const declare = (name: string, project: string, files: Record<string, string>): void => {
      const info = `${name}-1.0.dist-info`;
      const all: Record<string, string> = {
        ...files,
        [`${info}/METADATA`]: `Name: ${name}\nVersion: 1.0\n`,
        [`${info}/direct_url.json`]: JSON.stringify({
          url: `file://${encodeURI(at(project))}`,
          dir_info: { editable: true }
        })
      };
      tree(site, {
        ...all,
        [`${info}/RECORD`]: Object.keys(all)
          .map(path => `${path},,\n`)
          .join('')
      });
    };
    declare('built', 'built', { '__editable__.built-1.0.pth': `${at('built', 'src')}\n` });
    declare('sk', 'scikit', {
      '_sk_editable.pth': 'import _sk_editable\n',
      '_sk_editable.py': `install({'sk': '${at('scikit', 'src', 'sk', '__init__.py')}'}, {'sk._c': 'sk/_c.so'}, None, False)\n`
    });
    declare('me', 'meson', {
      'me-editable.pth': 'import _me_editable_loader\n',
      '_me_editable_loader.py': `install(\n    'me',\n    {'me'},\n    '${at('meson', 'build')}',\n    ['ninja'],\n    False,\n)\n`
    });
    declare('nothing', 'nothing', {});
    declare('flit-linked', 'flit', { fl_linked: '' });
    rmSync(join(site, 'fl_linked'));
    symlinkSync(at('flit', 'fl_linked'), join(site, 'fl_linked'));
    snapshot = await snap(join(python, 'bin', 'python'));
  });

  it('reads an egg-link and its egg-info', () => {
    expect(editable(snapshot, 'linked-one')).toMatchObject({
      version: '3.0',
      kind: 'egg-link',
      projectDirectory: at('linked'),
      roots: [{ path: at('linked', 'src'), importName: '' }],
      requires: ['requests'],
      entryPoints: '[a]\nb = linked\n'
    });
  });

  it('reads a line of easy-install.pth as the project in that folder', () => {
    expect(editable(snapshot, 'easy-one')).toMatchObject({
      version: '4.0',
      kind: 'pth',
      roots: [{ path: at('easy'), importName: '' }]
    });
  });

  it('takes a plain path for an editable named by the file, and says when it leads nowhere', () => {
    expect(editable(snapshot, 'my_folder')).toMatchObject({
      kind: 'pth',
      roots: [
        { path: '/nowhere/at/all', importName: '' },
        { path: at('plain folder'), importName: '' }
      ]
    });
    expect(findings(snapshot, 'editable-folder-gone').map(finding => finding.message)).toEqual([
      expect.stringContaining('/nowhere/at/all')
    ]);
  });

  it('finds what flit linked, and a package in a project that says nothing', () => {
    expect(editable(snapshot, 'flit-linked').roots).toEqual([
      { path: at('flit', 'fl_linked'), importName: 'fl_linked' }
    ]);
    expect(editable(snapshot, 'nothing').roots).toEqual([{ path: at('nothing', 'src'), importName: '' }]);
  });

  it('tells which ones hold compiled code', () => {
    expect(editable(snapshot, 'sk').roots).toEqual([{ path: at('scikit', 'src', 'sk'), importName: 'sk' }]);
    expect(editable(snapshot, 'me').roots).toEqual([{ path: at('meson', 'me'), importName: 'me' }]);
    expect(findings(snapshot, 'editable-compiled-extension').map(finding => finding.subject)).toEqual([
      'built',
      'me',
      'sk'
    ]);
  });

  it('lists them all and nothing else', () => {
    expect(snapshot.editables.map(each => each.name)).toEqual([
      'built',
      'easy-one',
      'flit-linked',
      'linked-one',
      'me',
      'my_folder',
      'nothing',
      'sk'
    ]);
    expect(snapshot.distributions).toEqual([]);
  });
});
