import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { askGit } from '../../../src/content/code/git/git.js';
import {
  editableOf,
  git,
  list,
  project,
  repository,
  setEnvironment,
  shippedPaths,
  temporaryFolder,
  writeTree
} from './helpers.js';

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
