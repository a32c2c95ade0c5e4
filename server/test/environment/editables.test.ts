import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Editable, Snapshot } from '../../src/contract/snapshot.js';
import { findings, sh, siteOf, snap, temporaryFolder, tree, uvInstall, uvVenv } from './fixtures.js';

const root = temporaryFolder('ship-env editäbles ');
const venv = join(root, 'venv');

const pyproject = (name: string, requires: string, backend: string, more = ''): string =>
  `[build-system]\nrequires = ["${requires}"]\nbuild-backend = "${backend}"\n` +
  `[project]\nname = "${name}"\nversion = "1.0"\ndescription = "${name}"\nrequires-python = ">=3.9"\n${more}`;
const setuptools = (name: string, more = ''): string =>
  pyproject(name, 'setuptools>=64', 'setuptools.build_meta', `dependencies = ["never-installed>=2"]\n${more}`);

/** Projects with their files, and for each import name the root that must contain it. */
const PROJECTS: Record<string, { files: Record<string, string>; roots: [importName: string, path: string][] }> = {
  'st-src': {
    files: {
      'pyproject.toml': setuptools('st-src', '[project.entry-points."my.plugins"]\nst = "st_src:plugin"\n'),
      'src/st_src/__init__.py': '',
      'src/st_src/sub/__init__.py': ''
    },
    roots: [['', 'src']]
  },
  'st-flat': {
    files: { 'pyproject.toml': setuptools('st-flat'), 'st_flat/__init__.py': '', 'st_flat/data.txt': 'x' },
    roots: [['st_flat', 'st_flat']]
  },
  'st-namespace': {
    files: {
      'pyproject.toml': setuptools('st-namespace', '[tool.setuptools.packages.find]\ninclude = ["st_ns*"]\n'),
      'st_ns/one/__init__.py': '',
      'st_ns/deep/two/__init__.py': '',
      'st_ns/direct.py': ''
    },
    roots: [['st_ns', 'st_ns']]
  },
  'st-several': {
    files: {
      'pyproject.toml': setuptools(
        'st-several',
        '[tool.setuptools]\npackages = ["st_a", "st_b"]\npy-modules = ["st_module"]\n[tool.setuptools.package-dir]\nst_a = "lib/st_a"\nst_b = "other/b"\n'
      ),
      'lib/st_a/__init__.py': '',
      'other/b/__init__.py': '',
      'st_module.py': ''
    },
    roots: [
      ['st_a', 'lib/st_a'],
      ['st_b', 'other/b'],
      ['st_module', 'st_module.py']
    ]
  },
  hatch: {
    files: { 'pyproject.toml': pyproject('hatch', 'hatchling', 'hatchling.build'), 'src/hatch/__init__.py': '' },
    roots: [['', 'src']]
  },
  'hatch-exact': {
    files: {
      'pyproject.toml': pyproject(
        'hatch-exact',
        'hatchling", "editables',
        'hatchling.build',
        '[tool.hatch.build]\ndev-mode-exact = true\n'
      ),
      'src/hatch_exact/__init__.py': ''
    },
    roots: [['hatch_exact', 'src/hatch_exact']]
  },
  'flit-flat': {
    files: { 'pyproject.toml': pyproject('flit-flat', 'flit_core', 'flit_core.buildapi'), 'flit_flat/__init__.py': '' },
    roots: [['', '.']]
  },
  'pdm-src': {
    files: {
      'pyproject.toml': pyproject(
        'pdm-src',
        'pdm-backend',
        'pdm.backend',
        '[tool.pdm.build]\neditable-backend = "editables"\n'
      ),
      'src/pdm_src/__init__.py': ''
    },
    roots: [['pdm_src', 'src/pdm_src']]
  },
  'poetry-flat': {
    files: {
      'pyproject.toml': pyproject('poetry-flat', 'poetry-core', 'poetry.core.masonry.api'),
      'poetry_flat/__init__.py': ''
    },
    roots: [['', '.']]
  }
};

function editable(snapshot: Snapshot, name: string): Editable {
  const found = snapshot.editables.find(each => each.name === name);
  if (found === undefined)
    throw new Error(`${name} is not among ${snapshot.editables.map(each => each.name).join(', ')}`);
  return found;
}

/** The file that the real interpreter would import, found without an import. */
function originOf(python: string, module: string): string {
  return sh(
    python,
    '-c',
    'import importlib.util, sys; print(importlib.util.find_spec(sys.argv[1]).origin)',
    module
  ).trim();
}

describe('editables as the build tools make them', () => {
  let snapshot: Snapshot;
  beforeAll(async () => {
    uvVenv(venv);
    for (const [name, { files }] of Object.entries(PROJECTS)) tree(join(root, name), files);
    tree(join(root, 'st-strict'), {
      'pyproject.toml': setuptools('st-strict'),
      'src/st_strict/__init__.py': '',
      'src/st_strict/sub/x.py': ''
    });
    uvInstall(
      venv,
      '--no-deps',
      ...Object.keys(PROJECTS).flatMap(name => ['--editable', join(root, name)]),
      'editables'
    );
    uvInstall(venv, '--no-deps', '--config-setting', 'editable_mode=strict', '--editable', join(root, 'st-strict'));
    snapshot = await snap(join(venv, 'bin', 'python'));
  });

  it.each(Object.entries(PROJECTS))('finds the code of %s', (name, { roots }) => {
    const found = editable(snapshot, name);
    expect(found).toMatchObject({ version: '1.0', projectDirectory: join(root, name) });
    expect(found.roots).toEqual(roots.map(([importName, path]) => ({ importName, path: join(root, name, path) })));
  });

  it.each([
    ['st-src', 'st_src.sub'],
    ['st-flat', 'st_flat'],
    ['st-namespace', 'st_ns.deep.two'],
    ['st-namespace', 'st_ns.direct'],
    ['st-several', 'st_b'],
    ['st-several', 'st_module'],
    ['hatch', 'hatch'],
    ['hatch-exact', 'hatch_exact'],
    ['flit-flat', 'flit_flat'],
    ['pdm-src', 'pdm_src'],
    ['poetry-flat', 'poetry_flat']
  ])('%s: leads to the file that Python imports as %s', (name, module) => {
    const origin = originOf(join(venv, 'bin', 'python'), module);
    const candidates = editable(snapshot, name).roots.flatMap(({ path, importName }) => {
      const below = importName === '' ? module : module.slice(importName.length + 1);
      const base = join(path, below.replaceAll('.', '/'));
      return [base, `${base}.py`, join(base, '__init__.py')];
    });
    expect(candidates).toContain(origin);
  });

  it('takes the link tree of strict mode as it is: Python sees nothing else', () => {
    expect(editable(snapshot, 'st-strict').roots).toEqual([
      { importName: '', path: expect.stringContaining(join(root, 'st-strict', 'build', '__editable__.st_strict-1.0-')) }
    ]);
  });

  it('keeps requirements and entry points, lists no editable as a distribution, and has nothing to say', () => {
    expect(editable(snapshot, 'st-src').requires).toEqual(['never-installed>=2']);
    expect(editable(snapshot, 'st-src').entryPoints).toContain('[my.plugins]\nst = st_src:plugin\n');
    expect(editable(snapshot, 'st-flat').entryPoints).toBe('');
    expect(snapshot.distributions.map(each => each.name)).toEqual(['editables']);
    expect(snapshot.findings).toEqual([]);
    expect(editable(snapshot, 'st-flat').kind).toBe('pep660-finder');
    expect(editable(snapshot, 'st-src').kind).toBe('direct-url');
  });

  it('says so when the folder is gone', async () => {
    rmSync(join(root, 'hatch'), { recursive: true });
    rmSync(join(root, 'st-flat'), { recursive: true });
    const gone = await snap(join(venv, 'bin', 'python'));
    expect(new Set(findings(gone, 'editable-folder-gone').map(finding => finding.subject))).toEqual(
      new Set(['hatch', 'st-flat'])
    );
    expect(editable(gone, 'st-flat').roots).toHaveLength(1);
  });
});

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
