import { symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Editable } from '../../../src/contract/snapshot.js';
import { isShipEnvError } from '../../../src/errors.js';
import { whyTooWide } from '../../../src/environment/editables/scope.js';
import { findings, siteOf, snap, tree, uvVenv } from '../../environment/fixtures.js';
import { editableOf, list, project, temporaryFolder, writeTree } from './helpers.js';

const at = (path: string, importName = '', kind: Editable['kind'] = 'pth'): Editable => ({
  ...editableOf('', ['', '']),
  kind,
  projectDirectory: path,
  roots: [{ path, importName }]
});

/** The reason in the refusal of an editable's root; undefined when the error is another one or has no hint. */
async function refusal(editable: Editable): Promise<string | undefined> {
  const error = await list(editable).then(
    () => undefined,
    (reason: unknown) => reason
  );
  if (!isShipEnvError(error, 'EDITABLE_NOT_A_PROJECT') || !error.hint.includes('--exclude My-Model')) return undefined;
  return error.message.split(`it leads to ${editable.roots[0]?.path}, which `)[1];
}

describe('an editable that is more than one project', () => {
  it.each([
    ['/', 'is the whole file system'],
    ['/usr', 'is a folder of the system'],
    ['/etc', 'is a folder of the system'],
    ['/proc/self', 'is a folder of the system'],
    [homedir(), 'is a home folder']
  ])('is refused: %s', async (path, why) => {
    expect(await refusal(at(path))).toBe(`${why}.`);
    expect(await refusal(at(path, 'everything', 'pep660-finder'))).toBe(`${why}.`);
  });

  // Not every machine has all of these, so the test calls the rule itself.
  it.each(['/home', '/Users', '/opt', '/srv', '/mnt', '/media', '/var/lib', '/usr/local'])(
    'is refused by its place, whoever runs it: %s',
    async folder => {
      vi.stubEnv('HOME', await temporaryFolder());
      onTestFinished(() => void vi.unstubAllEnvs());
      expect(await whyTooWide(folder)).toBe('is a folder that projects, programs or people share');
      expect(await whyTooWide(`${folder}/project/of/one`)).toBeUndefined();
    }
  );

  it('is refused: a home folder that is a project, and what holds one, also through a link', async () => {
    const parent = await temporaryFolder();
    await writeTree(parent, { 'me/pyproject.toml': '', 'me/m.py': '' });
    vi.stubEnv('HOME', join(parent, 'me'));
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await refusal(at(join(parent, 'me'), '', 'direct-url'))).toBe('is a home folder.');
    expect(await refusal(at(parent))).toBe('contains a home folder.');
    const link = join(await temporaryFolder(), 'link');
    await symlink(join(parent, 'me'), link);
    expect(await refusal(at(link))).toBe('is a home folder.');
  });

  it('is refused: a folder that holds other projects', async () => {
    const work = await temporaryFolder();
    await writeTree(work, { 'one/pyproject.toml': '', 'one/one/__init__.py': '', 'two/setup.py': '', 'tool.py': '' });
    expect(await refusal(at(work))).toBe('contains other projects (one, two).');
    // A folder with settings of a formatter is not a project.
    await writeTree(work, { 'pyproject.toml': '[tool.black]\n' });
    expect(await refusal(at(work))).toBe('contains other projects (one, two).');
  });

  it('is refused: a mapping to a single file outside of any project, or to what is no module', async () => {
    const loose = await temporaryFolder();
    await writeTree(loose, { 'loose.py': '' });
    expect(await refusal(at(join(loose, 'loose.py'), 'loose', 'pep660-finder'))).toBe(
      'is a file outside of any project.'
    );
    expect(await refusal(at('/etc/passwd', 'passwd', 'pep660-finder'))).toBe('is not a Python module.');
  });

  it('is one project all the same: with parts that are projects, as a package with a setup.py, as a plain folder', async () => {
    const folder = await project({ 'm/__init__.py': '', 'parts/a/x.txt': '', 'parts/pyproject.toml': '' });
    expect((await list({ ...editableOf(folder, ['', '']), kind: 'direct-url' })).files).toHaveLength(1);
    const plain = await temporaryFolder();
    await writeTree(plain, { 'm/__init__.py': '', 'm/setup.py': '', 'n.py': '' });
    expect((await list(editableOf(plain, ['', '']))).files).toHaveLength(3);
    const single = await project({ 'tools/m.py': '' });
    expect((await list(editableOf(single, ['tools/m.py', 'm']))).files).toHaveLength(1);
  });

  it('is told by the snapshot, which does not search through it', async () => {
    const venv = uvVenv(join(await temporaryFolder(), 'venv'));
    tree(siteOf(venv), { 'all.pth': '/\n' });
    expect(findings(await snap(venv), 'refused-editable')).toEqual([
      {
        kind: 'refused-editable',
        subject: 'all',
        message: '/ of the editable all is the whole file system. It cannot ship.'
      }
    ]);
  });
});
