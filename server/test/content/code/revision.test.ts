import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { revisionOf } from '../../../src/content/code/git/revision.js';
import { git, never, repository, temporaryFolder, writeTree } from './helpers.js';

async function committed(files: Record<string, string>): Promise<string> {
  const folder = await repository(files);
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-qm', 'one');
  return folder;
}

async function isDirty(folder: string): Promise<boolean | undefined> {
  return (await revisionOf(folder, never))?.isDirty;
}

describe('the revision of a folder', () => {
  it('is none outside of a work tree, before the first commit, and where nothing is', async () => {
    expect(await revisionOf(await temporaryFolder(), never)).toBeUndefined();
    expect(await revisionOf(await repository({ 'm.py': '' }), never)).toBeUndefined();
    expect(await revisionOf(join(await temporaryFolder(), 'gone'), never)).toBeUndefined();
  });

  it('is the commit that is checked out', async () => {
    const folder = await committed({ 'm.py': '' });
    expect(await revisionOf(folder, never)).toEqual({
      commit: expect.stringMatching(/^[0-9a-f]{40}$/u),
      isDirty: false
    });
  });

  it.each([
    ['edited', { 'm.py': 'X = 1\n' }, true],
    ['new', { 'n.py': '' }, true],
    ['new and ignored', { 'x.tmp': '' }, false],
    ['what an installer wrote', { 'a.egg-info/PKG-INFO': '', 'src/a.egg-info/PKG-INFO': '' }, false],
    ['what Python wrote', { '__pycache__/m.pyc': '', 'src/__pycache__/m.pyc': '' }, false]
  ])('a file that is %s', async (_, files, expected) => {
    const folder = await committed({ 'm.py': '', '.gitignore': '*.tmp\n' });
    await writeTree(folder, files);
    expect(await isDirty(folder)).toBe(expected);
  });

  it('a removed file, and a staged one', async () => {
    const folder = await committed({ 'm.py': '', 'n.py': '' });
    await rm(join(folder, 'n.py'));
    expect(await isDirty(folder)).toBe(true);
    await git(folder, 'add', '-A');
    expect(await isDirty(folder)).toBe(true);
  });

  it('looks at the folder and not at its neighbours', async () => {
    const folder = await committed({ 'a/m.py': '', 'b/m.py': '' });
    await writeTree(folder, { 'b/m.py': 'X = 1\n' });
    expect(await isDirty(join(folder, 'a'))).toBe(false);
    expect(await isDirty(join(folder, 'b'))).toBe(true);
  });

  it('is unknown where git would run a filter that cannot be named', async () => {
    const folder = await committed({ 'm.py': '' });
    await mkdir(join(folder, 'x'));
    await git(folder, 'config', 'filter.a=b.clean', 'false');
    expect(await revisionOf(folder, never)).toMatchObject({ isDirty: undefined });
  });
});
