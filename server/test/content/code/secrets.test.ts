import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ShipEnvError } from '../../../src/errors.js';
import { CONTENT_MARKS, ContentScan } from '../../../src/system/files/secrets/secrets.js';
import { archive, editableOf, project } from './helpers.js';

/** Assembled here, so that no scanner reports this file as a leak. */
const pem = (kind: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\nMIIEsecretsecret\n-----END ${kind}PRIVATE KEY-----\n`;

const BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQ';
const header = (kind = ''): string => `-----BEGIN ${kind}PRIVATE KEY-----`;
const AWS_SECRET = ['q8Zr2LmX0vT5', 'yWc7Kd3N/hJ9', 'bF4+gP6sE1aUtR0o'].join('');
const RANDOM = 'aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA2bC5';
const KEY_ID = ['AKIA', 'Q7RS5TUV2WXY3ZAB'].join('');
const github = ['ghp', RANDOM].join('_');
const finegrained = ['github', 'pat', '11ABCDEFG0aB3dE6gH9jK2_mN5pQ8rS1tU4vW7xY0zA'].join('_');
const slack = ['xoxb', '2345678901', '3456789012', 'aB3dE6gH9jK2mN5p'].join('-');
/** The example keys of the AWS documentation. */
const EXAMPLE_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

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
    // A line in .gitignore has no effect on a file that git tracks.
    expect(error?.hint).toMatch(/^Leave it out with a line in \.shipignore, or move it out /);
    expect(error?.message).toContain(path);
    expect(error?.hint).toContain(`--allow-secret ${path}`);
    expect(`${error?.message}${error?.hint}`).not.toContain('secretsecret');
  });

  it.each<[string, string]>([
    ['on the line of the header', `KEY="${header()}${BODY}"`],
    ['behind a blank', `${header('RSA ')} ${BODY}`],
    ['behind a CR', `${header()}\r${BODY}\r`],
    ['behind the fields of an encrypted key', `${header('RSA ')}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,0A\n\n${BODY}`],
    ['of OpenPGP', `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n${BODY}`],
    ['in one literal a line', `KEY = (\n  "${header()}\\n"\n  "${BODY}\\n"\n)`],
    ['in added literals', `key = "${header()}\\n" +\n  "${BODY}\\n";`],
    ['in a comment', `# ${header()}\n# ${BODY}\n`],
    ['in a deep comment', `#  ${header()}\n#${' '.repeat(20)}${BODY}\n`],
    ['behind fields on its line', `${header('RSA ')} Proc-Type: 4,ENCRYPTED DEK-Info: AES,0A Comment: a: b ${BODY}`],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ key: `${header()}\n${BODY}` }))],
    ['in a string that the shell goes on with', `"${header()}\\\n${BODY}"`]
  ])('is refused: a key %s', async (_how, content) => {
    const error = await refusal({ 'src/m/keys.py': content });
    expect(error?.code).toBe('CODE_SECRET_FOUND');
    expect(`${error?.message}${error?.hint}`).not.toContain(BODY);
  });

  it.each<[string, string]>([
    ['keys.py', `AWS_SECRET_ACCESS_KEY = "${AWS_SECRET}"`],
    ['keys.py', `SECRETS = {"aws_secret_access_key": "${AWS_SECRET}"}`],
    ['keys.py', `aws_secret_access_key = "${EXAMPLE_SECRET}"\naws_secret_access_key = "${AWS_SECRET}"`],
    ['keys.py', `os.environ["AWS_SECRET_ACCESS_KEY"] = "${AWS_SECRET}"`],
    ['keys.py', `AWS_SECRET_ACCESS_KEY: str = '${AWS_SECRET}'`],
    ['session.py', `.config("spark.hadoop.fs.s3a.secret.key", "${AWS_SECRET}")`],
    ['core-site.xml', `<name>fs.s3a.secret.key</name>\n  <value>${AWS_SECRET}</value>`],
    ['answer.json', `{"SecretAccessKey": "${AWS_SECRET}"}`],
    ['client.js', `secretAccessKey: '${AWS_SECRET}'`],
    ['run.sh', `export AWS_SECRET_ACCESS_KEY=${AWS_SECRET}`],
    ['keys.csv', `Access key ID,Secret access key\r\n${KEY_ID},${AWS_SECRET}`],
    ['credentials', 'export AWS_SECRET_ACCESS_KEY=abc'],
    ['npmrc', '//registry.example/:_authToken=abc'],
    ['settings.txt', `//registry.example/:_authToken=${RANDOM}`],
    ['keys.py', `TOKEN = "${github}"`],
    ['url.txt', `https://${github}@github.com/a/b`],
    ['log.json', `"first\\n${github}"`],
    ['keys.py', `TOKEN = '${finegrained}'`],
    ['keys.py', `SLACK = '${slack}'`],
    ['sa.txt', `{"type": "service_account", "private_key" : "${header()}\\n${BODY}"}`],
    ['sa.txt', `{"type": "service_account", "private_key" : "${AWS_SECRET}"}`]
  ])('is refused by the value that is in it: %s with %s', async (name, content) => {
    const error = await refusal({ [`src/m/${name}`]: content });
    expect(error?.code).toBe('CODE_SECRET_FOUND');
    expect(error?.message).toContain(`src/m/${name}`);
  });

  it.each([
    `aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"\naws_secret_access_key = "${EXAMPLE_SECRET}"`,
    `AKIAIOSFODNN7EXAMPLE,${EXAMPLE_SECRET}`,
    `KEY_ID = "${KEY_ID}"`,
    'aws_secret_access_key = os.environ["AWS_SECRET_ACCESS_KEY"]',
    'secret = os.environ.get("AWS_SECRET_ACCESS_KEY", "")',
    'aws_secret_access_key = theSecretAccessKeyOfTheTeamFromItsVault1(name)',
    `aws_secret_access_key = "${AWS_SECRET}${AWS_SECRET}"`,
    `AWS_SECRET_ACCESS_KEY=${'x'.repeat(40)}`,
    'AWS_SECRET_ACCESS_KEY=$SECRET\nAWS_SECRET_ACCESS_KEY=<your secret>',
    `token = "${['ghp', 'x'.repeat(36)].join('_')}"`,
    'PATTERN = r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_\\w+|xox[abp]-"',
    `blob = "q${github}"`,
    '//registry.example/:_authToken=${NPM_TOKEN}',
    'self._authToken = theTokenOfTheRegistryOrNone',
    'this._authToken = process.env.NPM_TOKEN_2',
    'this._authToken = decodeTheTokenOfTheRegistryInBase64(text)',
    '{"private_key": {"type": "string"}}',
    '{"private_key": "the name of the file that has the key"}',
    `HEADER = "${header()}"\nFOOTER = "-----END PRIVATE KEY-----"`,
    `if text.startswith("${header()}\\n"):\n  return True`,
    `pem = "${header('RSA ')}\\n" + base64EncodedContent + "\\n-----END"`,
    `pem = f"""${header()}\n{content}\n"""`,
    `"""\n${header()}\n...\n"""`
  ])('is no example, placeholder or code about secrets: %s', async content => {
    expect(await refusal({ 'src/m/code.py': content })).toBeUndefined();
  });

  it.each<[string, string]>([
    ['comment lines', `\n#${' '.repeat(8)}`.repeat(24)],
    ['fields', 'Aaa: '.repeat(120)],
    ['blanks between fields', `Aaa: a${' '.repeat(8)}`.repeat(30)]
  ])('is none, and soon found to be none, among many %s', (_what, text) => {
    const scan = new ContentScan();
    scan.add(Buffer.from(`${header()}\n${text}!\n`.repeat(1000)));
    expect(scan.marks()).toEqual([]);
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
    ['src/m/data.json', '{"private_key": "x"}'],
    ['src/m/keys.py', `AWS_SECRET_ACCESS_KEY = "${AWS_SECRET}"`],
    ['src/m/data.csv', github]
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
  const ALL = [
    `1${pem('ENCRYPTED ')}`,
    '{ "private_key" : "x" }',
    '_authToken = x',
    '\n  AWS_SECRET_ACCESS_KEY = x',
    `\n${github}`
  ];

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
