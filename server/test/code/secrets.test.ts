import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ShipEnvError } from '../../src/errors.js';
import { CONTENT_MARKS, ContentScan } from '../../src/secrets.js';
import { archive, editableOf, project } from './helpers.js';

/** Put together here, so that no scanner takes this file for a leak. */
const pem = (kind: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\nMIIEsecretsecret\n-----END ${kind}PRIVATE KEY-----\n`;

const MIB = 1024 * 1024;

async function refusal(
  files: Record<string, string | Buffer>,
  allowSecrets: string[] = []
): Promise<ShipEnvError | undefined> {
  const folder = await project({ 'src/m/__init__.py': '', ...files });
  try {
    await archive(editableOf(folder, ['src', '']), { allowSecrets });
    return undefined;
  } catch (error) {
    if (error instanceof ShipEnvError) return error;
    throw error;
  }
}

describe('a file that looks like a secret', () => {
  it.each<[string, string]>([
    ['src/m/.env', ''],
    ['src/m/.env.production', ''],
    ['src/m/id_rsa', ''],
    ['src/m/id_ed25519', ''],
    ['src/m/store.p12', ''],
    ['src/m/Store.PFX', ''],
    ['src/m/a.jks', ''],
    ['src/m/a.keystore', ''],
    ['src/m/.netrc', ''],
    ['src/m/.pypirc', ''],
    ['src/m/.git-credentials', ''],
    ['src/m/.aws/credentials', ''],
    ['src/m/credentials', '[default]\naws_secret_access_key = abc\n'],
    ['src/m/config', '[default]\nAws_Secret_Access_Key = abc\n'],
    ['src/m/.npmrc', '//registry.example/:_authToken=abc\n'],
    ['src/m/credentials.json', '{"private_key": "x"}'],
    ['src/m/project-123.json', '{"type": "service_account", "private_key": "x"}'],
    ['src/m/key.pem', pem('')],
    ['src/m/key.txt', `some text\r\n${pem('RSA ').replace(/\n/g, '\r\n')}`],
    ['src/m/any.bin', pem('OPENSSH ')],
    ['src/m/settings.py', `KEY = """${pem('EC ')}"""\n`],
    ['src/m/key.json', JSON.stringify({ key: pem('ENCRYPTED ') })]
  ])('is refused: %s', async (path, content) => {
    const error = await refusal({ [path]: content });
    expect(error?.code).toBe('CODE_SECRET_FOUND');
    expect(error?.message).toContain(path);
    expect(error?.hint).toContain(`--allow-secret ${path}`);
    expect(`${error?.message}${error?.hint}`).not.toContain('secretsecret');
  });

  it.each<[string, string]>([
    ['src/m/.env.example', 'A='],
    ['src/m/.env.sample', ''],
    ['src/m/.env.template', ''],
    ['src/m/id_rsa.pub', 'ssh-rsa AAAA'],
    ['src/m/cert.pem', '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n'],
    ['src/m/parse.py', "HEADER = '-----BEGIN PRIVATE KEY-----'\n"],
    ['src/m/.npmrc', 'fund=false\n'],
    ['src/m/credentials.json', '{"type": "object"}'],
    ['src/m/environment.py', ''],
    ['.env', 'lies beside the packages and does not ship']
  ])('is not: %s', async (path, content) => {
    expect(await refusal({ [path]: content })).toBeUndefined();
  });

  it.each<[string, string]>([
    ['src/m/data.bin', pem('')],
    ['src/m/credentials', 'aws_secret_access_key = abc\n'],
    ['src/m/.npmrc', '//registry.example/:_authToken=abc\n'],
    ['src/m/data.json', '{"private_key": "x"}']
  ])('is refused behind 5 MiB of other content: %s', async (path, content) => {
    const error = await refusal({ [path]: Buffer.concat([Buffer.alloc(5 * MIB, 'x\n'), Buffer.from(content)]) });
    expect(error?.code).toBe('CODE_SECRET_FOUND');
    expect(error?.message).toContain(path);
  });

  it('is refused where what is read at a time ends in the middle of the sign', async () => {
    const files: Record<string, Buffer> = {};
    const key = Buffer.from(pem('RSA '));
    for (const before of [1, 20, 30]) {
      const content = Buffer.alloc(MIB, 'x');
      key.copy(content, content.length / 2 - before);
      files[`src/m/${before}.bin`] = content;
    }
    expect((await refusal(files))?.message).toContain('3 files in it look like secrets');
  });

  it('ships when it is allowed by its name or its path, and only then', async () => {
    const files = { 'src/m/.env': '', 'src/m/deep/.env': '', 'src/m/key.pem': pem('') };
    expect((await refusal(files))?.message).toContain(
      '3 files in it look like secrets: src/m/.env, src/m/deep/.env, src/m/key.pem.'
    );
    expect((await refusal(files, ['key.pem', 'src/m/.env']))?.message).toContain(': src/m/deep/.env.');
    expect(await refusal(files, ['./src/m/key.pem', '.env'])).toBeUndefined();
  });

  it('does not ship under another name through a link', async () => {
    const folder = await project({ 'src/m/__init__.py': '', '.env': 'A=1' });
    await symlink('../../.env', join(folder, 'src/m/settings.txt'));
    await expect(archive(editableOf(folder, ['src', '']))).rejects.toMatchObject({ code: 'CODE_SECRET_FOUND' });
  });
});

describe('what the content of a file shows', () => {
  const ALL = [`1${pem('ENCRYPTED ')}`, '{ "private_key" : "x" }', '_authToken = x', '\n  AWS_SECRET_ACCESS_KEY = x'];

  it.each(ALL.map((text, index) => [CONTENT_MARKS[index], text]))(
    'is seen wherever two pieces meet: %s',
    (mark, text) => {
      const content = Buffer.from(text);
      for (let cut = 0; cut <= content.length; cut++) {
        const scan = new ContentScan();
        for (const piece of [Buffer.alloc(10_000, 'x'), content.subarray(0, cut), content.subarray(cut)])
          scan.add(piece);
        expect(scan.marks()).toEqual([mark]);
      }
    }
  );

  it('is told in one order, whatever comes first', () => {
    const scan = new ContentScan();
    for (const text of [...ALL].reverse()) scan.add(Buffer.from(text));
    expect(scan.marks()).toEqual(CONTENT_MARKS);
  });

  it('is no line that begins before the piece does', () => {
    const scan = new ContentScan();
    for (const text of ['# ', 'aws_secret_access_key = x']) scan.add(Buffer.from(text));
    expect(scan.marks()).toEqual([]);
  });
});
