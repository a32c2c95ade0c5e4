import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  editableOf,
  git,
  list,
  repository,
  setEnvironment,
  shippedPaths,
  temporaryFolder,
  writeTree
} from './helpers.js';

/** A repository that tracks files of `src/m/conf`, which is now a link to a folder with files of the same names. */
async function withLinkInPlaceOfFolder(outside: string): Promise<string> {
  const files = { 'config.json': '{}', 'deep/a.txt': '' };
  await writeTree(outside, files);
  const folder = await repository({ 'src/m/__init__.py': '' });
  await writeTree(join(folder, 'src/m/conf'), files);
  await git(folder, 'add', '-A');
  await rm(join(folder, 'src/m/conf'), { recursive: true });
  await symlink(outside, join(folder, 'src/m/conf'));
  return folder;
}

describe('in a git work tree', () => {
  it('ships what git tracks or would add, deleted files left out', async () => {
    const folder = await repository({
      '.gitignore': '*.log\n/src/m/local/\n',
      'src/m/__init__.py': '',
      'src/m/deleted.py': '',
      'src/m/data/table.csv': ''
    });
    await git(folder, 'add', '-A');
    await git(folder, 'commit', '-qm', 'x');
    await rm(join(folder, 'src/m/deleted.py'));
    await writeTree(folder, { 'src/m/new.py': '', 'src/m/run.log': '', 'src/m/local/a.py': '' });
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual(['m/__init__.py', 'm/data/table.csv', 'm/new.py']);
    expect(listing.findings).toEqual([]);
    expect(listing.skipped).toMatchObject([
      { rule: 'git-ignored', count: 2, examples: ['src/m/local/', 'src/m/run.log'] }
    ]);
  });

  it("follows git's own matcher where others err: data/* ignored at the top only", async () => {
    const folder = await repository({
      '.gitignore': '/data/*\n*.bin\n!keep.bin\n',
      'data/raw.py': '',
      'src/x/data/__init__.py': '',
      'src/x/keep.bin': '',
      'src/x/drop.bin': '',
      'src/x/.gitignore': 'nested.txt\n',
      'src/x/nested.txt': ''
    });
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual([
      'x/.gitignore',
      'x/data/__init__.py',
      'x/keep.bin'
    ]);
  });

  it('ships a tracked file that an ignore rule matches', async () => {
    const folder = await repository({ '.gitignore': '*.csv\n', 'src/m/__init__.py': '', 'src/m/table.csv': '' });
    await git(folder, 'add', '-f', 'src/m/table.csv');
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toContain('m/table.csv');
  });

  it.each(['.git/info/exclude', '.gitignore'])(
    'ships nothing from outside through a tracked folder that became a link, ignored in %s',
    async ignoring => {
      const folder = await withLinkInPlaceOfFolder(await temporaryFolder());
      await writeTree(folder, { [ignoring]: '/src/m/conf\n' });
      const listing = await list(editableOf(folder, ['src', '']));
      expect(listing.files.map(file => file.archivePath)).toEqual(['m/__init__.py']);
      expect(listing.skipped).toMatchObject([{ rule: 'git-ignored', examples: ['src/m/conf'] }]);
    }
  );

  it('refuses a tracked folder that became a link to outside', async () => {
    const folder = await withLinkInPlaceOfFolder(await temporaryFolder());
    await expect(list(editableOf(folder, ['src', '']))).rejects.toMatchObject({ code: 'CODE_UNREADABLE' });
  });

  it('ships a tracked folder that became a link within the project as what it leads to', async () => {
    const folder = await repository({ 'src/m/__init__.py': '', 'src/m/conf/a.txt': '', 'shared/b.txt': '' });
    await git(folder, 'add', '-A');
    await rm(join(folder, 'src/m/conf'), { recursive: true });
    await symlink('../../shared', join(folder, 'src/m/conf'));
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(['m/__init__.py', 'm/conf/b.txt']);
  });

  it('ships built extension modules that git ignores', async () => {
    const folder = await repository({
      '.gitignore': '*.so\nbuild/\n',
      'src/m/__init__.py': '',
      'src/m/fast.cpython-311-x86_64-linux-gnu.so': '',
      'src/m/libother.so.1': '',
      'build/lib/m/fast.abi3.so': ''
    });
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual([
      'm/__init__.py',
      'm/fast.cpython-311-x86_64-linux-gnu.so',
      'm/libother.so.1'
    ]);
  });

  it('ships submodules and nested repositories by their own rules', async () => {
    const library = await repository({ 'lib.py': '', '.gitignore': '*.tmp\n' });
    await git(library, 'add', '-A');
    await git(library, 'commit', '-qm', 'x');
    const folder = await repository({ 'src/m/__init__.py': '' });
    await git(folder, 'submodule', 'add', '-q', library, 'src/m/vendored');
    await git(folder, 'submodule', 'add', '-q', library, 'src/m/absent');
    await git(folder, 'submodule', 'deinit', '-q', '-f', 'src/m/absent');
    await writeTree(folder, {
      'src/m/vendored/scratch.tmp': '',
      'src/m/nested/__init__.py': '',
      'src/m/nested/x.log': '',
      'src/m/nested/.gitignore': '*.log'
    });
    await git(join(folder, 'src/m/nested'), 'init', '-q');
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual([
      'm/__init__.py',
      'm/nested/.gitignore',
      'm/nested/__init__.py',
      'm/vendored/.gitignore',
      'm/vendored/lib.py',
      'm/vendored/pyproject.toml'
    ]);
  });

  it('lists a file with conflicts once', async () => {
    const folder = await repository({ 'src/m.py': 'a' });
    await git(folder, 'checkout', '-qb', 'one');
    await git(folder, 'add', '-A');
    await git(folder, 'commit', '-qm', 'x');
    for (const branch of ['two', 'three']) {
      await git(folder, 'checkout', '-qb', branch, 'one');
      await writeTree(folder, { 'src/m.py': branch });
      await git(folder, 'commit', '-qam', branch);
    }
    await expect(git(folder, 'merge', 'two')).rejects.toThrow();
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(['m.py']);
  });

  it('ships all the same when the folder itself is ignored', async () => {
    const home = await repository({ '.gitignore': '*\n', 'work/src/m/__init__.py': '', 'work/pyproject.toml': '' });
    const listing = await list(editableOf(join(home, 'work'), ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual(['m/__init__.py']);
    expect(listing.findings).toEqual([]);
  });

  it('is not misled by the variables that git sets in hooks', async () => {
    const other = await repository({ 'elsewhere.py': '' });
    const folder = await repository({ '.gitignore': 'no.py', 'src/yes.py': '', 'src/no.py': '' });
    setEnvironment({ GIT_DIR: join(other, '.git'), GIT_WORK_TREE: other, GIT_INDEX_FILE: join(other, '.git/index') });
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(['yes.py']);
  });
});
