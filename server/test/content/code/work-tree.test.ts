import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editableOf, git, list, project, writeTree } from './helpers.js';

describe('a .git that is no repository', () => {
  type Kind = [string, (path: string) => unknown];
  const PASSED_OVER: Kind[] = [
    ['an empty folder', path => mkdir(path)],
    ['a link to itself', path => symlink('.git', path)],
    ['a link to nowhere', path => symlink('nowhere', path)],
    ['a FIFO', path => execFileSync('mkfifo', [path])]
  ];
  const DAMAGED: Kind = ['a folder with a damaged HEAD', path => writeTree(path, { HEAD: 'nonsense' })];

  /** A project in a repository whose rules ignore its `src/no.py`. */
  async function part(make: Kind[1]): Promise<string> {
    const folder = await project({ '.gitignore': 'no.py\n', 'part/pyproject.toml': '' });
    await writeTree(folder, { 'part/src/yes.py': '', 'part/src/no.py': '' });
    await git(folder, 'init', '-q');
    await make(join(folder, 'part/.git'));
    return join(folder, 'part');
  }

  it.each([...PASSED_OVER, DAMAGED])('is told where no repository is above: %s', async (_, make) => {
    const folder = await project({ 'src/m.py': '' });
    await make(join(folder, '.git'));
    for (const root of ['', 'src']) {
      const listing = await list(editableOf(folder, [root, '']));
      expect(listing.files.map(file => file.displayPath)).toContain('src/m.py');
      expect(listing.findings).toMatchObject([
        { kind: 'git-unusable', message: expect.stringContaining('not a git repository') }
      ]);
    }
  });

  it.each(PASSED_OVER)('leaves the answer to the repository above, as git does: %s', async (_, make) => {
    const { files, findings } = await list(editableOf(await part(make), ['src', '']));
    expect(files.map(file => file.archivePath)).toEqual(['yes.py']);
    expect(findings).toEqual([]);
  });

  it('is told, too, where it is damaged and a repository is above', async () => {
    const { findings } = await list(editableOf(await part(DAMAGED[1]), ['src', '']));
    expect(findings).toMatchObject([{ kind: 'git-unusable' }]);
  });
});

it('is no folder that looks like a bare repository: a finding says that git cannot answer there', async () => {
  const folder = await project({ 'src/m.py': '', 'src/HEAD': 'ref: refs/heads/main\n' });
  await git(folder, 'init', '-q');
  for (const name of ['objects', 'refs']) await mkdir(join(folder, 'src', name));
  await writeTree(folder, { '.git/info/exclude': 'no.py\n', 'src/no.py': '' });
  expect((await list(editableOf(folder, ['src', '']))).findings).toMatchObject([{ kind: 'git-unusable' }]);
});
