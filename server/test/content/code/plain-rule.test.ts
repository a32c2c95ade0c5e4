import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isShipEnvError } from '../../../src/errors.js';
import { archive, editableOf, list, project, shippedPaths, temporaryFolder, writeTree } from './helpers.js';

describe('outside a git work tree', () => {
  it('ships everything but the usual noise, package data included', async () => {
    const folder = await project({
      'src/m/__init__.py': '',
      'src/m/data/.hidden': '',
      'src/m/data/model.bin': '',
      'src/m/build/__init__.py': '',
      'src/m/__pycache__/x.cpython-311.pyc': '',
      'src/m/old.pyc': '',
      'src/m/.ipynb_checkpoints/a.py': '',
      'src/m/.mypy_cache/x.json': '',
      'src/m/.git/config': '',
      'src/m/.DS_Store': '',
      'src/m/a.py~': '',
      'src/m/.vscode/x.json': '',
      'src/m/node_modules/x/index.js': '',
      'src/m.egg-info/PKG-INFO': ''
    });
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual([
      'm/__init__.py',
      'm/build/__init__.py',
      'm/data/.hidden',
      'm/data/model.bin'
    ]);
    expect(listing.skipped.map(({ rule, count }) => [rule, count])).toEqual([
      ['cache', 7],
      ['noise', 3]
    ]);
  });

  it('never ships an environment, whatever its name', async () => {
    const folder = await project({
      'm.py': '',
      'my_env/pyvenv.cfg': '',
      'my_env/lib/a.py': '',
      'conda/conda-meta/history': '',
      'conda/lib/a.py': '',
      'env/__init__.py': ''
    });
    expect(await shippedPaths(editableOf(folder, ['.', '']))).toEqual(['env/__init__.py', 'm.py']);
    execFileSync('git', ['init', '-q'], { cwd: folder });
    expect(await shippedPaths(editableOf(folder, ['.', '']))).toEqual(['env/__init__.py', 'm.py']);
  });

  it('ships the packages of a project whose folder is an environment itself', async () => {
    const folder = await project({ 'pyvenv.cfg': '', 'm/__init__.py': '', 'lib/python3.11/site-packages/x.py': '' });
    expect(await shippedPaths(editableOf(folder, ['.', '']))).toEqual(['m/__init__.py']);
  });
});

describe('a folder on sys.path', () => {
  const flat = {
    'model/__init__.py': '',
    'model/data.csv': '',
    'spaces/only/deep.py': '',
    'spaces/readme.txt': '',
    'module.py': '',
    'tasks.py': '',
    'setup.py': '',
    'conftest.py': '',
    'noxfile.py': '',
    'tests/__init__.py': '',
    'docs/conf.py': '',
    'build/lib/model/__init__.py': '',
    'dist/x.whl': '',
    'scripts/run.py': '',
    'notebooks/a.ipynb': '',
    'data/huge.csv': '',
    'not-a-name/x.py': '',
    'odd/not-a-name/x.py': '',
    LICENSE: '',
    'README.md': ''
  };

  it('ships from a project what people import, and none of its own files', async () => {
    const listing = await list(editableOf(await project(flat), ['.', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual([
      'model/__init__.py',
      'model/data.csv',
      'module.py',
      'spaces/only/deep.py',
      'spaces/readme.txt',
      'tasks.py'
    ]);
    expect(listing.skipped).toMatchObject([{ rule: 'not-importable', count: 15 }]);
  });

  it('ships the same when git lists the files', async () => {
    const folder = await project(flat);
    const before = await shippedPaths(editableOf(folder, ['.', '']));
    execFileSync('git', ['init', '-q'], { cwd: folder });
    expect(await shippedPaths(editableOf(folder, ['.', '']))).toEqual(before);
  });

  it('ships scripts when it is a package, and tests that .shipignore asks for', async () => {
    const folder = await project({ ...flat, 'scripts/__init__.py': '', '.shipignore': '!tests/\n!data\n' });
    const paths = await shippedPaths(editableOf(folder, ['.', '']));
    expect(paths).toEqual(expect.arrayContaining(['scripts/run.py', 'tests/__init__.py']));
    expect(paths).not.toContain('docs/conf.py');
  });

  it('ships tests and conftest.py from a source folder, where nothing else explains them', async () => {
    const folder = await project({ 'src/tests/__init__.py': '', 'src/conftest.py': '', 'src/scripts/a.py': '' });
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual([
      'conftest.py',
      'scripts/a.py',
      'tests/__init__.py'
    ]);
  });

  it('ships a package whose folder is the project, without the files of the project', async () => {
    const folder = await project({ '__init__.py': '', 'sub/x.py': '', 'tests/a.py': '', 'setup.py': '' });
    expect(await shippedPaths(editableOf(folder, ['.', 'm']))).toEqual([
      'm/__init__.py',
      'm/pyproject.toml',
      'm/sub/x.py'
    ]);
  });

  it('lets the first of two roots win', async () => {
    const folder = await project({ 'a/m.py': '1', 'b/m.py': '2', 'b/n.py': '3' });
    const { files } = await list(editableOf(folder, ['a', ''], ['b', '']));
    expect(files.map(file => file.displayPath)).toEqual(['a/m.py', 'b/n.py']);
  });
});

describe('.shipignore', () => {
  it('leaves out more, undoes its own rules, and never brings back what git ignores or what never ships', async () => {
    const folder = await project({
      '.gitignore': '*.log\n',
      '.shipignore': '*.csv\n!keep.csv\n/src/m/big/\n!*.log\n!*.pyc\n!__pycache__/\n',
      'src/m/__init__.py': '',
      'src/m/drop.csv': '',
      'src/m/keep.csv': '',
      'src/m/big/x.bin': '',
      'src/m/x.log': '',
      'src/m/x.pyc': '',
      'src/m/sub/big/x.bin': '',
      'src/m/Upper.CSV': ''
    });
    const plain = ['m/Upper.CSV', 'm/__init__.py', 'm/keep.csv', 'm/sub/big/x.bin', 'm/x.log'];
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(plain);
    execFileSync('git', ['init', '-q'], { cwd: folder });
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual(plain.filter(path => !path.endsWith('.log')));
    expect(listing.skipped).toMatchObject([
      { rule: 'cache', count: 1 },
      { rule: 'git-ignored', count: 1, examples: ['src/m/x.log'] },
      { rule: 'shipignore', count: 2, examples: ['src/m/big/x.bin', 'src/m/drop.csv'] }
    ]);
  });

  it('is found above src when only src is known', async () => {
    const folder = await project({ '.shipignore': 'src/m/no.py', 'src/m/__init__.py': '', 'src/m/no.py': '' });
    expect(await shippedPaths(editableOf(join(folder, 'src'), ['', '']))).toEqual(['m/__init__.py']);
  });
});

describe('links', () => {
  it('are followed inside the project, to files and to folders', async () => {
    const folder = await project({
      'src/m/__init__.py': '',
      'data/table.csv': 'a',
      'data/sub/x.bin': '',
      'shared/common.py': 'b'
    });
    await symlink('../../data', join(folder, 'src/m/data'));
    await symlink('../../shared/common.py', join(folder, 'src/m/common.py'));
    await symlink('../shared', join(folder, 'src/linked'));
    const expected = ['linked/common.py', 'm/__init__.py', 'm/common.py', 'm/data/sub/x.bin', 'm/data/table.csv'];
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(expected);
    execFileSync('git', ['init', '-q'], { cwd: folder });
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(expected);
  });

  it('that go in a circle, lead nowhere or into .git are left out', async () => {
    const folder = await project({
      'src/m/__init__.py': '',
      'src/m/a/x.py': '',
      'src/m/b/y.py': '',
      '.git/config': ''
    });
    await symlink('../..', join(folder, 'src/m/up'));
    await symlink('../b', join(folder, 'src/m/a/b'));
    await symlink('../a', join(folder, 'src/m/b/a'));
    await symlink('loop', join(folder, 'src/m/loop'));
    await symlink('nobody@host.1', join(folder, 'src/m/lock'));
    await symlink('../../.git', join(folder, 'src/m/vcs'));
    await rm(join(folder, '.git/config'));
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual([
      'm/__init__.py',
      'm/a/b/y.py',
      'm/a/x.py',
      'm/b/a/x.py',
      'm/b/y.py'
    ]);
    const links = listing.skipped.find(({ rule }) => rule === 'broken-link');
    expect(links?.examples).toEqual(expect.arrayContaining(['src/m/lock', 'src/m/loop', 'src/m/up']));
    expect(listing.skipped.map(({ rule }) => rule)).toContain('cache');
  });

  it('that lead out of the project are refused, unless left out', async () => {
    const outside = await temporaryFolder();
    await writeTree(outside, { 'private.txt': 'x' });
    const folder = await project({ 'src/m/__init__.py': '' });
    await symlink(join(outside, 'private.txt'), join(folder, 'src/m/data.txt'));
    const error: unknown = await list(editableOf(folder, ['src', ''])).catch((caught: unknown) => caught);
    expect(isShipEnvError(error, 'CODE_UNREADABLE')).toBe(true);
    expect(String(error)).toContain('src/m/data.txt');
    await writeTree(folder, { '.shipignore': 'data.txt' });
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(['m/__init__.py']);
  });
});

describe('odd files', () => {
  it('that are no files are not opened', async () => {
    const folder = await project({ 'src/m/__init__.py': '' });
    execFileSync('mkfifo', [join(folder, 'src/m/pipe')]);
    const { skipped } = await archive(editableOf(folder, ['src', '']));
    expect(skipped).toMatchObject([{ rule: 'special-file', count: 1, examples: ['src/m/pipe'] }]);
  });

  it('that a zip cannot name are counted', async () => {
    const folder = await project({ 'src/m/__init__.py': '', 'src/m/a\\b.py': '' });
    execFileSync('sh', ['-c', 'touch "$(printf \'src/m/\\377.py\')"'], { cwd: folder });
    const { skipped } = await archive(editableOf(folder, ['src', '']));
    expect(skipped).toMatchObject([{ rule: 'unusable-name', count: 2 }]);
  });
});
