import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { revisionOf } from '../../../src/content/code/git/revision.js';
import {
  editableOf,
  git,
  never,
  repository,
  setEnvironment,
  shippedPaths,
  temporaryFolder,
  writeTree
} from './helpers.js';

/**
 * A partial clone in which every setting that can name a program names one that writes the file `was-run`. The clone
 * lacks the blob of its `.gitignore`, and git would fetch the blob by such a program.
 */
async function hostileRepository(): Promise<{ folder: string; program: string }> {
  const folder = await repository({
    'src/.gitignore': 'no.py\n',
    '.gitattributes': '*.py filter=evil diff=evil\n',
    'src/m.py': '',
    'program*': '#!/bin/sh\ntouch "$(dirname "$0")/was-run"\nexit 1\n'
  });
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-qm', 'x');
  const link = join(await realpath(await mkdtemp(join(tmpdir(), 'ship-env-git-'))), 'program');
  onTestFinished(() => rm(dirname(link), { recursive: true }));
  await symlink(join(folder, 'program'), link);
  // A path without a blank, which no setting must quote.
  await writeTree(folder, { 'program*': `#!/bin/sh\ntouch '${folder}/was-run'\nexit 1\n` });
  const hooks = join(dirname(link), 'hooks');
  await mkdir(hooks);
  for (const hook of ['post-index-change', 'reference-transaction']) await symlink(link, join(hooks, hook));
  const settings: Record<string, string> = {
    'core.fsmonitor': link,
    'core.hooksPath': hooks,
    'core.pager': link,
    'core.askPass': link,
    'core.sshCommand': link,
    'core.gitProxy': link,
    'credential.helper': link,
    'diff.external': link,
    'diff.evil.textconv': link,
    'filter.evil.clean': link,
    'filter.evil.smudge': link,
    'filter.evil.process': link,
    'core.repositoryFormatVersion': '1',
    'extensions.partialClone': 'origin',
    'remote.origin.promisor': 'true',
    'remote.origin.url': `ext::${link}`,
    'protocol.ext.allow': 'always'
  };
  await git(folder, 'update-index', '--skip-worktree', 'src/.gitignore');
  const blob = execFileSync('git', ['rev-parse', 'HEAD:src/.gitignore'], { cwd: folder, encoding: 'utf8' }).trim();
  await rm(join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
  await rm(join(folder, 'src/.gitignore'));
  for (const [name, value] of Object.entries(settings)) await git(folder, 'config', name, value);
  // git asks the ignore rules only for files that it does not track.
  await writeTree(folder, { 'src/new.py': '' });
  await rm(join(folder, 'was-run'), { force: true });
  return { folder, program: link };
}

describe('in a git work tree', () => {
  it('runs no program that the repository names, and fetches nothing', async () => {
    const { folder } = await hostileRepository();
    const mark = join(folder, 'was-run');
    // Proves that the trap works: a plain git runs the program.
    await git(folder, 'ls-files', '--cached', '--others', '--exclude-standard').catch(() => undefined);
    expect(existsSync(mark)).toBe(true);
    await rm(mark);
    await shippedPaths(editableOf(folder, ['src', '']));
    expect(existsSync(mark)).toBe(false);
  });

  it('tells the commit, and whether the files are those of the commit, without a program either', async () => {
    const { folder } = await hostileRepository();
    const mark = join(folder, 'was-run');
    await writeTree(folder, { 'src/m.py': 'CHANGED = 1\n' });
    // Proves that the trap works: a plain git runs the filter to compare.
    await git(folder, 'status').catch(() => undefined);
    expect(existsSync(mark)).toBe(true);
    await rm(mark);
    expect(await revisionOf(folder, never)).toMatchObject({ commit: expect.stringMatching(/^[0-9a-f]{40}$/u) });
    expect(existsSync(mark)).toBe(false);
  });

  it.each(['its own configuration', 'an included file', 'a common folder'])(
    'runs no program that the repository names where git does not know GIT_NO_LAZY_FETCH: in %s',
    async where => {
      const { folder } = await hostileRepository();
      let settings = join(folder, '.git/config');
      if (where === 'an included file') {
        await rename(join(folder, '.git/config'), join(folder, '.git/more'));
        await writeTree(folder, { '.git/config': '[Include]\n\tpath = more\n' });
      }
      if (where === 'a common folder') {
        const common = await temporaryFolder();
        for (const name of ['config', 'objects', 'refs']) await rename(join(folder, '.git', name), join(common, name));
        await writeTree(folder, { '.git/commondir': `${common}\n`, '.git/config': '' });
        settings = join(common, 'config');
      }
      const old = await temporaryFolder();
      const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
      await writeTree(old, { 'git*': `#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec ${real} "$@"\n` });
      setEnvironment({ PATH: `${old}:${process.env['PATH'] ?? ''}` });
      const before = readFileSync(settings, 'utf8');
      await shippedPaths(editableOf(folder, ['src', '']));
      expect(existsSync(join(folder, 'was-run'))).toBe(false);
      expect(readFileSync(settings, 'utf8')).toBe(before);
    }
  );

  it('is not asked for the settings of a partial clone that the repository cannot be', async () => {
    const folder = await repository({ 'src/m.py': '' });
    const asked = await temporaryFolder();
    const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
    await writeTree(asked, { 'git*': `#!/bin/sh\necho "$*" >> '${asked}/log'\nexec ${real} "$@"\n` });
    setEnvironment({ PATH: `${asked}:${process.env['PATH'] ?? ''}` });
    await shippedPaths(editableOf(folder, ['src', '']));
    const questions = readFileSync(join(asked, 'log'), 'utf8').trim().split('\n');
    expect(questions.map(line => /config|ls-files/.exec(line.replace(/-c \S+/g, ''))?.[0])).toEqual([
      'ls-files',
      'ls-files'
    ]);
  });

  it('runs no program that a variable names', async () => {
    const { folder, program } = await hostileRepository();
    const names = ['GIT_SSH_COMMAND', 'GIT_SSH', 'GIT_ASKPASS', 'SSH_ASKPASS', 'GIT_EXTERNAL_DIFF', 'GIT_PAGER'];
    await git(folder, 'config', 'remote.origin.url', 'ssh://nowhere.invalid/repository');
    setEnvironment({ ...Object.fromEntries(names.map(name => [name, program])), GIT_ALLOW_PROTOCOL: 'ssh:ext' });
    await shippedPaths(editableOf(folder, ['src', '']));
    expect(existsSync(join(folder, 'was-run'))).toBe(false);
  });
});
