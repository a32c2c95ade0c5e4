import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  distribution,
  findings,
  handMade,
  sh,
  siteOf,
  snap,
  temporaryFolder,
  tree,
  uvInstall,
  uvVenv
} from './fixtures.js';

const root = temporaryFolder();
let count = 0;
let venv = '';
let site = '';

beforeEach(() => {
  venv = uvVenv(join(root, `venv ${++count}`));
  site = siteOf(venv);
});

const row = (path: string, content: string): string =>
  `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${Buffer.byteLength(content)}\n`;
const paths = (files: readonly { path: string }[]): string[] => files.map(file => file.path);

describe('what ships of a distribution', () => {
  it('is everything but caches, the installer’s notes and RECORD', async () => {
    const files = {
      'demo/__init__.py': '',
      'demo/data, "quoted".txt': 'data',
      'demo/native.so': 'ELF',
      'demo/sourceless.pyc': 'code',
      'demo/__init__.pyc': 'cache',
      'demo/__pycache__/__init__.cpython-311.pyc': 'cache',
      'demo-1.0.dist-info/INSTALLER': 'uv',
      'demo-1.0.dist-info/REQUESTED': '',
      'demo-1.0.dist-info/direct_url.json': '{"url": "https://me:secret@host/demo.whl?sig=secret", "archive_info": {}}',
      'demo-1.0.dist-info/licenses/LICENSE': 'free',
      'demo-1.0.dist-info/WHEEL':
        'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\nTag: py3-none-any\n',
      '../../../bin/demo': '#!/bin/sh\n',
      '../../../share/demo/a.txt': 'a'
    };
    const quoted = Object.keys(files).map(path => `"${path.replaceAll('"', '""')}",,\n`);
    // The same lines as in virtualenv's RECORD; neither file exists.
    quoted.push('demo/__init__.cpython-311.pyc,,\n', 'demo/__pycache__,,\n');
    handMade(
      site,
      'demo',
      '1.0',
      files,
      quoted.join('') + 'demo-1.0.dist-info/METADATA,,\ndemo-1.0.dist-info/RECORD,,\n'
    );
    const snapshot = await snap(venv);
    const demo = distribution(snapshot, 'demo');
    expect(paths(demo.files)).toEqual([
      '../../../bin/demo',
      '../../../share/demo/a.txt',
      'demo-1.0.dist-info/METADATA',
      'demo-1.0.dist-info/WHEEL',
      'demo-1.0.dist-info/licenses/LICENSE',
      'demo/__init__.py',
      'demo/data, "quoted".txt',
      'demo/native.so',
      'demo/sourceless.pyc'
    ]);
    expect(demo).toMatchObject({ tags: ['cp311-cp311-linux_x86_64', 'py3-none-any'], rootIsPurelib: false });
    expect(demo.origin).toEqual({ kind: 'archive', url: 'https://host/demo.whl' });
    expect(snapshot.findings).toEqual([]);
  });

  it('never is a file outside of the environment, or anything but a file', async () => {
    const outside = join(root, `outside ${count}.txt`);
    writeFileSync(outside, 'not ours');
    sh('mkfifo', join(site, 'pipe'));
    const record = `${outside},,\n../../../../../../../../../../etc/passwd,,\n${join(site, 'inside.py')},,\npipe,,\ndemo-1.0.dist-info/METADATA,,\n`;
    handMade(site, 'demo', '1.0', { 'inside.py': '' }, record);
    const snapshot = await snap(venv);
    expect(paths(distribution(snapshot, 'demo').files)).toEqual(['demo-1.0.dist-info/METADATA', 'inside.py']);
    expect(
      findings(snapshot, 'refused-file')
        .map(finding => finding.subject)
        .sort()
    ).toEqual([outside, '../../../../../../../../../../etc/passwd', 'pipe'].sort());
  });

  it('records where a local, a wheel and a VCS installation came from', async () => {
    const project = tree(join(root, `project ${count}`), {
      'pyproject.toml':
        '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "origin-demo"\nversion = "1.0"\ndescription = "d"\n',
      'origin_demo.py': ''
    });
    for (const args of [
      ['init', '-q'],
      ['add', '.'],
      ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x']
    ]) {
      sh('git', '-C', project, ...args);
    }
    const commit = sh('git', '-C', project, 'rev-parse', 'HEAD').trim();
    const url = `file://${encodeURI(project)}`;
    uvInstall(venv, project);
    expect(distribution(await snap(venv), 'origin-demo').origin).toEqual({ kind: 'directory', url });
    uvInstall(venv, '--reinstall', `git+${url}`);
    const fromGit = await snap(venv);
    expect(distribution(fromGit, 'origin-demo').origin).toEqual({ kind: 'vcs', url, revision: commit });
    expect(paths(distribution(fromGit, 'origin-demo').files)).toContain('origin_demo.py');
  });
});

describe('findings', () => {
  it('name a patched and a missing file', async () => {
    tree(site, { 'patched.py': 'after' });
    symlinkSync('/nowhere', join(site, 'broken.py'));
    handMade(site, 'demo', '1.0', {}, row('patched.py', 'before') + row('gone.py', '') + row('broken.py', ''));
    const snapshot = await snap(venv);
    expect(findings(snapshot, 'patched-file').map(finding => finding.subject)).toEqual(['patched.py']);
    expect(findings(snapshot, 'missing-file').map(finding => finding.subject)).toEqual(['broken.py', 'gone.py']);
    expect(paths(distribution(snapshot, 'demo').files)).toEqual(['patched.py']);
  });

  it('name the files that several distributions list, once for the same distributions', async () => {
    const others = (name: string): string => `${name}.py,,\n${name}-1.0.dist-info/METADATA,,\n`;
    const both =
      '../../../bin/berth,,\n../../../share/berth/a.txt,,\nshared/__init__.py,,\nshared/__pycache__/__init__.cpython-311.pyc,,\n';
    const files = { '../../../bin/berth': '', '../../../share/berth/a.txt': '', 'shared/__init__.py': '' };
    handMade(site, 'alpha', '1.0', { ...files, 'alpha.py': '' }, others('alpha') + both);
    handMade(site, 'beta', '1.0', { 'beta.py': '' }, others('beta') + both);
    handMade(site, 'gamma', '1.0', { 'gamma.py': '' }, `${others('gamma')}../../../bin/gamma,,\nshared/gamma.py,,\n`);
    handMade(site, 'delta', '1.0', { 'delta.py': '' }, `${others('delta')}alpha.py,,\n`);
    expect(findings(await snap(venv), 'shared-file').map(({ subject, message }) => [subject, message])).toEqual([
      [
        '../../../bin/berth',
        'alpha 1.0 and beta 1.0 both list ../../../bin/berth and 2 more files. Executors get what is on disk in the environment now.'
      ],
      ['alpha.py', 'alpha 1.0 and delta 1.0 both list alpha.py. Executors get what is on disk in the environment now.']
    ]);
  });

  it('do not drown the person when a whole package is gone', async () => {
    handMade(site, 'demo', '1.0', {}, Array.from({ length: 40 }, (_, index) => `f${index}.py,,\n`).join(''));
    const missing = findings(await snap(venv), 'missing-file');
    expect(missing).toHaveLength(10);
    expect(missing.some(finding => finding.message.includes('30 more'))).toBe(true);
  });

  it('tell of a distribution without RECORD, and its files are found all the same', async () => {
    handMade(
      site,
      'Demo.Name',
      '1.0',
      { 'demo_name/__init__.py': '', 'demo_name/deep/x.so': 'ELF', 'demo_name/__pycache__/a.pyc': '' },
      undefined
    );
    handMade(
      site,
      'listed',
      '1.0',
      { 'one.py': '', 'two/t.py': '', 'listed-1.0.dist-info/top_level.txt': 'one\ntwo\n../x\n' },
      undefined
    );
    const snapshot = await snap(venv);
    const demo = distribution(snapshot, 'demo-name');
    expect(paths(demo.files)).toEqual([
      'Demo.Name-1.0.dist-info/METADATA',
      'demo_name/__init__.py',
      'demo_name/deep/x.so'
    ]);
    expect(demo.rootIsPurelib).toBe(false);
    expect(demo.tags[0]).toMatch(/^cp3\d+-cp3\d+-/);
    expect(paths(distribution(snapshot, 'listed').files)).toEqual([
      'listed-1.0.dist-info/METADATA',
      'listed-1.0.dist-info/top_level.txt',
      'one.py',
      'two/t.py'
    ]);
    expect(findings(snapshot, 'missing-record').map(finding => finding.subject)).toEqual(['Demo.Name', 'listed']);
    expect(findings(snapshot, 'unowned-module')).toEqual([]);
  });

  it('do not give one distribution the files of another in a shared namespace', async () => {
    handMade(site, 'owner', '1.0', { 'ns/owned.py': '' }, 'ns/owned.py,,\nowner-1.0.dist-info/METADATA,,\n');
    handMade(site, 'ns', '1.0', { 'ns/own.py': '' }, undefined);
    const snapshot = await snap(venv);
    expect(paths(distribution(snapshot, 'ns').files)).toEqual(['ns-1.0.dist-info/METADATA', 'ns/own.py']);
  });

  it('read egg-info as a folder with installed-files.txt, as a folder without, and as a file', async () => {
    tree(site, {
      'legacy-1.0-py3.11.egg-info/PKG-INFO': 'Name: legacy\nVersion: 1.0\n',
      'legacy-1.0-py3.11.egg-info/requires.txt': 'a\n[x]\nb\n',
      'legacy-1.0-py3.11.egg-info/installed-files.txt': '../legacy/__init__.py\nPKG-INFO\n../../../../bin/legacy\n',
      'legacy/__init__.py': '',
      '../../../bin/legacy': '',
      'folder.egg-info/PKG-INFO': 'Name: folder\nVersion: 2.0\n',
      'folder.egg-info/top_level.txt': 'folder_module\n',
      'folder_module.py': '',
      'plain-3.0.egg-info': 'Name: plain\nVersion: 3.0\n',
      'plain.py': ''
    });
    const snapshot = await snap(venv);
    expect(distribution(snapshot, 'legacy')).toMatchObject({
      metadataKind: 'egg-info',
      requires: ['a', "b ; extra == 'x'"]
    });
    expect(paths(distribution(snapshot, 'legacy').files)).toEqual([
      '../../../bin/legacy',
      'legacy-1.0-py3.11.egg-info/PKG-INFO',
      'legacy-1.0-py3.11.egg-info/installed-files.txt',
      'legacy-1.0-py3.11.egg-info/requires.txt',
      'legacy/__init__.py'
    ]);
    expect(paths(distribution(snapshot, 'folder').files)).toContain('folder_module.py');
    expect(paths(distribution(snapshot, 'plain').files)).toEqual(['plain-3.0.egg-info', 'plain.py']);
    expect(findings(snapshot, 'missing-record').map(finding => finding.subject)).toEqual(['folder', 'plain']);
  });

  it.each([
    ['8.0', '9.0'],
    ['1.9', '1.10']
  ])('tell of a duplicate and ship the newer one, not %s but %s', async (old, newer) => {
    handMade(site, 'twice', old, { 'old.py': '' }, 'old.py,,\n');
    handMade(site, 'twice', newer, { 'new.py': '' }, 'new.py,,\n');
    mkdirSync(join(site, '~wice-1.8.dist-info'));
    const snapshot = await snap(venv);
    expect(distribution(snapshot, 'twice').version).toBe(newer);
    expect(findings(snapshot, 'duplicate-distribution')).toEqual([expect.objectContaining({ subject: 'twice' })]);
    expect(findings(snapshot, 'unowned-module')).toEqual([]);
  });

  it('tell of modules that belong to nothing', async () => {
    tree(site, {
      'loose.py': '',
      'loose_package/__init__.py': '',
      'loose_native.cpython-311-x86_64-linux-gnu.so': 'ELF',
      'only_caches/__pycache__/a.pyc': '',
      'not-importable/x.py': '',
      'README.txt': '',
      '_virtualenv.py': '',
      'data_only/a.txt': ''
    });
    expect(findings(await snap(venv), 'unowned-module').map(finding => finding.subject)).toEqual([
      'loose',
      'loose_native',
      'loose_package'
    ]);
  });
});
