import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/contract/snapshot.js';
import { editable, findings, sh, snap, temporaryFolder, tree, uvInstall, uvVenv } from './fixtures.js';

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
