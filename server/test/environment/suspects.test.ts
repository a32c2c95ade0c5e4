import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Distribution } from '../../src/contract/snapshot.js';
import type { Metadata } from '../../src/environment/distributions/candidate.js';
import { findSuspects } from '../../src/environment/distributions/suspects.js';
import { distribution, findings, handMade, sh, siteOf, snap, temporaryFolder, tree, uvVenv } from './fixtures.js';

const root = temporaryFolder('ship-env-suspects ');
let count = 0;
let venv = '';
let site = '';

beforeEach(() => {
  venv = uvVenv(join(root, `venv ${++count}`));
  site = siteOf(venv);
});

/** Assembled here, so that no scanner reports this file as a leak. */
const PEM = ['-----BEGIN ', 'PRIVATE KEY-----\nMIIEsecretsecret\n-----END ', 'PRIVATE KEY-----\n'].join('');
const hashed = (path: string, content: string): string =>
  `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${Buffer.byteLength(content)}\n`;
const unhashed = (path: string): string => `${path},,\n`;

/** The suspects in a distribution `demo` that lists these files, with or without their hashes. */
async function suspects(
  files: Record<string, string>,
  row: (path: string, content: string) => string
): Promise<Distribution['suspects']> {
  handMade(
    site,
    'demo',
    '1.0',
    files,
    Object.entries(files)
      .map(([path, content]) => row(path, content))
      .join('')
  );
  return distribution(await snap(venv), 'demo').suspects;
}

const secret = (path: string): object => ({ kind: 'secret', path, target: '' });

describe('a secret in a distribution', () => {
  it('is suspected by name or content where RECORD has no hash for it', async () => {
    const files = {
      'demo/.env': 'A=1',
      'demo/settings.py': `KEY = """${PEM}"""`,
      'demo/cert.pem': 'no key',
      'demo/test/k.pem': PEM
    };
    expect(await suspects(files, unhashed)).toEqual(['demo/.env', 'demo/settings.py', 'demo/test/k.pem'].map(secret));
  });

  it('is suspected also behind 5 MiB of other content', async () => {
    const files = { 'demo/data.bin': `${'x\n'.repeat(2.5 * 1024 * 1024)}${PEM}` };
    expect(await suspects(files, unhashed)).toEqual([secret('demo/data.bin')]);
  });

  it('is not looked for any more when the ship is cancelled', async () => {
    const absolute = join(tree(join(root, `cancelled ${count}`), { 'demo.py': 'x' }), 'demo.py');
    const candidate = {
      name: 'demo',
      version: '1.0',
      site: { path: site, prefix: venv, layer: 'environment' }
    } as Metadata;
    const state = { kind: 'file', size: 1, sha256: '', executable: false } as const;
    const looking = findSuspects(
      candidate,
      [{ path: 'demo.py', absolute }],
      [state],
      AbortSignal.abort(new Error('enough'))
    );
    await expect(looking).rejects.toThrow('enough');
  });

  it('is suspected where there is no RECORD at all', async () => {
    handMade(site, 'demo', '1.0', { 'demo/__init__.py': '', 'demo/id_rsa': 'x' }, undefined);
    expect(distribution(await snap(venv), 'demo').suspects).toEqual([secret('demo/id_rsa')]);
  });

  it('is suspected where a key on one line, or a token, was edited into a module, and not where it was published', async () => {
    const line = `KEY = "${PEM.replace('KEY-----\n', 'KEY-----')}"\n`;
    const token = `TOKEN = "${['ghp', 'aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA2bC5'].join('_')}"\n`;
    const files = { 'demo/a.py': '', 'demo/b.py': '', 'demo/c.py': line, 'demo/d.py': token };
    expect(await suspects(files, hashed)).toEqual([]);
    writeFileSync(join(site, 'demo/a.py'), line);
    writeFileSync(join(site, 'demo/b.py'), token);
    expect(distribution(await snap(venv), 'demo').suspects).toEqual(['demo/a.py', 'demo/b.py'].map(secret));
  });

  it('is suspected where the file is not what was installed, at once and from then on', async () => {
    const files = { 'demo/__init__.py': '', 'demo/settings.py': 'KEY = ""\n' };
    expect(await suspects(files, hashed)).toEqual([]);
    writeFileSync(join(site, 'demo/settings.py'), PEM);
    const cache = join(root, `cache ${count}`);
    for (const _ of ['read', 'remembered', 'remembered']) {
      expect(distribution(await snap(venv, cache), 'demo').suspects).toEqual([secret('demo/settings.py')]);
    }
  });

  it('is suspected of what was published only by a name that gives reason, and by what is in it', async () => {
    const files = {
      'demo/.env': 'A=1',
      'demo/server.key': PEM,
      'demo/service_account.json': '{"private_key": "x"}',
      'demo/credentials': 'aws_secret_access_key = abc\n'
    };
    expect(await suspects(files, hashed)).toEqual(
      ['demo/.env', 'demo/credentials', 'demo/server.key', 'demo/service_account.json'].map(secret)
    );
  });

  it('is not what famous packages publish: certificates, keys of test servers, modules about credentials', async () => {
    const files = {
      'demo/cacert.pem': '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n',
      'demo/test/test.key': PEM,
      'demo/tests/tls-key.pem': PEM,
      'demo/credentials.py': 'class Credentials: ...\n',
      'demo/pem.py': `HEADER = '''${PEM}'''`,
      'demo/.env.example': 'A=1',
      'demo/config': 'x = 1'
    };
    expect(await suspects(files, hashed)).toEqual([]);
  });
});

describe('a link out of the environment', () => {
  /** A distribution whose file `demo/data` is a link to `target`, unhashed unless `row` says otherwise. */
  async function linked(target: string, row: (path: string) => string = unhashed): Promise<Distribution> {
    handMade(
      site,
      'demo',
      '1.0',
      { 'demo/__init__.py': '', 'demo/data': '' },
      row('demo/__init__.py') + row('demo/data')
    );
    unlinkSync(join(site, 'demo/data'));
    symlinkSync(target, join(site, 'demo/data'));
    return distribution(await snap(venv), 'demo');
  }

  it.each(['/etc/hostname', '/proc/version'])('is suspected: to %s', async target => {
    expect((await linked(target)).suspects).toEqual([{ kind: 'outside-link', path: 'demo/data', target }]);
  });

  it('is suspected: to a home folder, also by a link of a folder', async () => {
    const home = tree(join(root, `home ${count}`), { 'notes.txt': 'private', 'folder/deep/x.txt': '' });
    expect((await linked(join(home, 'notes.txt'))).suspects).toEqual([
      { kind: 'outside-link', path: 'demo/data', target: join(home, 'notes.txt') }
    ]);
    handMade(site, 'other', '1.0', { 'other/__init__.py': '' }, 'other/__init__.py,,\nother/data/deep/x.txt,,\n');
    symlinkSync(join(home, 'folder'), join(site, 'other/data'));
    expect(distribution(await snap(venv), 'other').suspects).toEqual([
      { kind: 'outside-link', path: 'other/data/deep/x.txt', target: join(home, 'folder/deep/x.txt') }
    ]);
  });

  it('is content: within the environment, and to the very bytes that RECORD names', async () => {
    tree(venv, { 'share/data.txt': 'inside' });
    expect((await linked(join(venv, 'share/data.txt'))).suspects).toEqual([]);
    const copy = join(tree(join(root, `copy ${count}`), { data: 'published' }), 'data');
    venv = uvVenv(join(root, `venv ${++count}`));
    site = siteOf(venv);
    const { suspects: found } = await linked(copy, path => hashed(path, path.endsWith('data') ? 'published' : ''));
    expect(found).toEqual([]);
  });

  it.each([
    ['uv', 'CACHEDIR.TAG', 'archive-v0/a1b2/demo/data'],
    ['pdm', 'packages/demo-1.0-py3-none-any/.checksum', 'packages/demo-1.0-py3-none-any/lib/demo/data'],
    ['conda', 'pkgs/demo-1.0-py311_0/info/index.json', 'pkgs/demo-1.0-py311_0/lib/demo/data']
  ])('is content: into the cache of %s, edited as it may be', async (_tool, mark, path) => {
    const cache = tree(join(root, `installer ${count}`), { [mark]: '', [path]: 'edited' });
    const demo = await linked(join(cache, path));
    expect(demo.suspects).toEqual([]);
    expect(demo.files.map(file => file.path)).toContain('demo/data');
  });

  it.each(['.checksum', 'info/index.json'])('is suspected: to a home folder that has a %s', async mark => {
    const home = tree(join(root, `marked ${count}`), { [mark]: '', 'work/notes.txt': 'private' });
    const target = join(home, 'work/notes.txt');
    expect((await linked(target)).suspects).toEqual([{ kind: 'outside-link', path: 'demo/data', target }]);
  });

  it('is a finding: into the packages of another environment, or what the system installed', async () => {
    const other = join(siteOf(uvVenv(join(root, `other ${count}`))), 'data.txt');
    writeFileSync(other, '');
    expect((await linked(other)).suspects).toEqual([]);
    const said = findings(await snap(venv), 'outside-link');
    expect(said).toMatchObject([{ subject: 'demo/data', message: expect.stringContaining(`to ${other}`) }]);
    unlinkSync(join(site, 'demo/data'));
    symlinkSync(sh('realpath', '/usr/bin/env').trim(), join(site, 'demo/data'));
    expect(findings(await snap(venv), 'outside-link')).toHaveLength(1);
  });

  it('is content in an environment whose every file is a link into the cache of uv', async () => {
    const env = ['-u', 'VIRTUAL_ENV', `UV_CACHE_DIR=${join(root, 'uv cache')}`, 'UV_LINK_MODE=symlink'];
    sh('env', ...env, 'uv', 'pip', 'install', '-q', '--python', join(venv, 'bin/python'), 'six==1.17.0', 'certifi');
    const snapshot = await snap(venv);
    expect(snapshot.findings).toEqual([]);
    expect(snapshot.distributions.map(({ name, suspects: found }) => [name, found])).toEqual([
      ['certifi', []],
      ['six', []]
    ]);
    expect(distribution(snapshot, 'six').files.map(file => file.path)).toContain('six.py');
  });

  it('does not matter for the folder of the environment itself', async () => {
    const folder = join(root, `moved ${count}`);
    mkdirSync(folder);
    sh('mv', join(venv, 'lib'), join(folder, 'lib'));
    symlinkSync(join(folder, 'lib'), join(venv, 'lib'));
    handMade(site, 'demo', '1.0', { 'demo/__init__.py': '' }, unhashed('demo/__init__.py'));
    const demo = distribution(await snap(venv), 'demo');
    expect([demo.suspects, demo.files.length]).toEqual([[], 1]);
  });
});
