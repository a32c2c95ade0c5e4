import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Editable } from '../../../src/contract/snapshot.js';
import { sh, snap, temporaryFolder, tree, uvInstall, uvVenv } from '../../environment/fixtures.js';
import { archive, git, list, python } from './helpers.js';

const root = temporaryFolder('ship-env strict ');
const project = join(root, 'project');
const venv = join(root, 'venv');
const kernel = join(venv, 'bin', 'python');

beforeAll(async () => {
  tree(project, {
    'pyproject.toml':
      '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n' +
      '[project]\nname = "model"\nversion = "1.0"\n' +
      '[tool.setuptools.packages.find]\nwhere = ["src"]\nexclude = ["model.private"]\n' +
      '[tool.setuptools.package-data]\nmodel = ["*.csv"]\n',
    '.gitignore': 'build/\n*.csv\n',
    'src/model/__init__.py': '',
    'src/model/table.csv': 'a,b\n',
    'src/model/notes.txt': 'no package data',
    'src/model/sub/__init__.py': 'X = 1\n',
    'src/model/private/__init__.py': ''
  });
  await git(project, 'init', '-q');
  uvVenv(venv);
  uvInstall(venv, '--no-deps', '--config-setting', 'editable_mode=strict', '--editable', project);
  tree(project, { 'src/model/later.py': '' });
});

async function strict(): Promise<Editable> {
  const [editable] = (await snap(kernel)).editables;
  if (editable === undefined) throw new Error('the editable is not in the snapshot');
  return editable;
}

const SHOWN = ['model/__init__.py', 'model/sub/__init__.py', 'model/table.csv'];

it('ships of a strict editable what its link tree shows, as the kernel sees it, and no more', async () => {
  const script =
    'import model, os; top = os.path.dirname(model.__path__[0]); ' +
    'print(*sorted(os.path.relpath(os.path.join(d, f), top) for d, _, fs in os.walk(top) for f in fs if f[-4:] != ".pyc"), sep=",")';
  expect(sh(kernel, '-c', script).trim().split(',')).toEqual(SHOWN);
  const { files, findings, skipped } = await list(await strict());
  expect(files.map(file => file.archivePath)).toEqual(SHOWN);
  expect(files.map(file => file.displayPath)).toEqual(SHOWN.map(path => `src/${path}`));
  expect([findings, skipped]).toEqual([[], []]);
  const { path } = await archive(await strict());
  expect(await python('python3', path, 'import model.sub; print(model.sub.X)')).toBe('1');
});

it('leaves out of a strict editable the sources that .shipignore names, whatever it says of the folder of links', async () => {
  tree(project, { '.shipignore': 'build/\nsrc/model/*.csv\n' });
  const { files, skipped } = await list(await strict());
  await rm(join(project, '.shipignore'));
  expect(files.map(file => file.archivePath)).toEqual(SHOWN.slice(0, 2));
  expect(skipped).toMatchObject([{ rule: 'shipignore', examples: ['src/model/table.csv'] }]);
});

it('refuses a secret in a strict editable by the name of its source', async () => {
  const editable = await strict();
  const [{ path: links } = { path: '' }] = editable.roots;
  tree(project, { 'src/model/.env': 'A=1\n' });
  sh('ln', '-s', join(project, 'src/model/.env'), join(links, 'model/settings'));
  await expect(archive(editable)).rejects.toMatchObject({
    code: 'CODE_SECRET_FOUND',
    hint: expect.stringContaining('--allow-secret src/model/.env')
  });
  await rm(join(links, 'model/settings'));
  expect(dirname(links)).toBe(join(project, 'build'));
});
