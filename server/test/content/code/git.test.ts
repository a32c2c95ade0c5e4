import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, realpath, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { askGit } from '../../../src/content/code/git/git.js';
import { editableOf, git, list, project, shippedPaths, temporaryFolder, writeTree } from './helpers.js';

/** Sets variables of this process until the test ends. */
function setEnvironment(values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function repository(files: Record<string, string>): Promise<string> {
  const folder = await project(files);
  await git(folder, 'init', '-q');
  return folder;
}

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

/** A git on the PATH that never answers, and starts a program that never ends. @returns the process ids of each, when all run */
async function hangingGit(): Promise<() => Promise<number[]>> {
  const folder = await temporaryFolder();
  const told = join(folder, 'pids');
  await writeTree(folder, {
    'git*': `#!/bin/sh\ncase "$*" in *get-regexp*) exit 1; esac\nsleep 100000 &\necho $$ $! >> '${told}'\nwait\n`
  });
  setEnvironment({ PATH: `${folder}:${process.env['PATH'] ?? ''}` });
  return async () => {
    const lines = (): string[] => (existsSync(told) ? readFileSync(told, 'utf8').split('\n').slice(0, -1) : []);
    await expect.poll(lines).toHaveLength(2);
    return lines().flatMap(line => line.split(' ').map(Number));
  };
}

/** Is the process running? A zombie does not count. */
function runs(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+[ZX]/mu.test(readFileSync(status, 'utf8'));
}

describe('a git that does not answer', () => {
  it('is ended with what it started when its time is over, and the answer says so', async () => {
    const folder = await repository({ 'src/m.py': '' });
    const begun = await hangingGit();
    const late = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
    onTestFinished(() => timeout.mockRestore());
    const answer = askGit(folder, new AbortController().signal);
    const pids = await begun();
    expect(timeout.mock.calls).toEqual([[60_000]]);
    expect(pids.map(runs)).toEqual([true, true, true, true]);
    late.abort();
    expect(await answer).toMatchObject({ state: 'unusable', reason: 'git did not answer within 60 s' });
    await expect.poll(() => pids.filter(runs)).toEqual([]);
  });

  it('is ended with what it started when the ship is cancelled', async () => {
    const folder = await repository({ 'src/m.py': '' });
    const begun = await hangingGit();
    const cancel = new AbortController();
    const listing = list(editableOf(folder, ['src', '']), cancel.signal);
    listing.catch(() => undefined);
    const pids = await begun();
    cancel.abort();
    await expect(listing).rejects.toThrow(/abort/u);
    await expect.poll(() => pids.filter(runs)).toEqual([]);
  });
});

describe('when git cannot be asked', () => {
  it('falls back to the plain rule and says so: no git on the PATH', async () => {
    const folder = await repository({ '.gitignore': 'no.py', 'src/yes.py': '', 'src/no.py': '', 'src/x.pyc': '' });
    setEnvironment({ PATH: await temporaryFolder() });
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual(['no.py', 'yes.py']);
    expect(listing.findings).toMatchObject([{ kind: 'git-unusable', subject: 'My-Model' }]);
    expect(listing.findings[0]?.message).toContain('git is not on the PATH');
  });

  it('falls back to the plain rule and says so: a git that is killed, as by a pipe whose other end is gone', async () => {
    const folder = await repository({ '.gitignore': 'no.py', 'src/yes.py': '' });
    const fake = await temporaryFolder();
    await writeTree(fake, { 'git*': '#!/bin/sh\necho "fatal: no transport" >&2\nkill -PIPE $$\n' });
    setEnvironment({ PATH: `${fake}:${process.env['PATH'] ?? ''}` });
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual(['yes.py']);
    expect(listing.findings).toMatchObject([
      { kind: 'git-unusable', message: expect.stringContaining('fatal: no transport') }
    ]);
  });

  it('falls back to the plain rule and says so: a repository that git refuses', async () => {
    const folder = await repository({ 'src/m.py': '' });
    if (process.getuid?.() === 0) {
      // Dubious ownership (safe.directory): the work tree belongs to another user.
      setEnvironment({ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' });
      for (const path of [folder, join(folder, '.git')]) await chown(path, 65534, 65534);
    } else {
      await chmod(join(folder, '.git/config'), 0);
    }
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.files.map(file => file.archivePath)).toEqual(['m.py']);
    expect(listing.findings).toMatchObject([{ kind: 'git-unusable' }]);
    const remedy = `git config --global --add safe.directory '${folder}'`;
    expect(listing.findings[0]?.message).toContain(process.getuid?.() === 0 ? remedy : '');
  });

  it('asks nobody outside a work tree', async () => {
    const folder = await project({ 'src/m.py': '' });
    setEnvironment({ PATH: '' });
    const listing = await list(editableOf(folder, ['src', '']));
    expect(listing.findings).toEqual([]);
    expect(listing.files).toHaveLength(1);
  });

  it('answers for the folder that it is asked about, whatever work tree the repository names', async () => {
    const folder = await repository({ 'src/m.py': '', 'src/no.py': '', 'src/.gitignore': 'no.py\n' });
    await git(folder, 'config', 'core.worktree', '/etc');
    expect(await shippedPaths(editableOf(folder, ['src', '']))).toEqual(['m.py']);
  });

  it('answers for a worktree whose .git is a file', async () => {
    const folder = await repository({ '.gitignore': 'no.py', 'src/m.py': '' });
    await git(folder, 'add', '-A');
    await git(folder, 'commit', '-qm', 'x');
    const tree = join(await temporaryFolder(), 'tree');
    await git(folder, 'worktree', 'add', '-q', tree);
    await writeTree(tree, { 'src/no.py': '' });
    expect(await shippedPaths(editableOf(tree, ['src', '']))).toEqual(['m.py']);
  });

  it('answers for a root that is reached through a link', async () => {
    const folder = await repository({ '.gitignore': 'no.py', 'src/m.py': '', 'src/no.py': '' });
    const link = join(await temporaryFolder(), 'link');
    await symlink(folder, link);
    await mkdir(join(folder, 'empty'));
    expect(await shippedPaths(editableOf(link, ['src', '']))).toEqual(['m.py']);
  });
});
