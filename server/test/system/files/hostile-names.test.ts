import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/contract/snapshot.js';
import { shipEnv } from '../../support/bundle.js';
import { hostileEnvironment, type HostileEnvironment } from '../../support/hostile-files.js';
import { HOSTILE_NAMES } from '../../support/hostile-names.js';

/** Has no character that controls a terminal or hides text. */

const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

let root: string;
let environment: HostileEnvironment;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ship-env-names-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function metadata(name: string, version = '1.0'): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`;
}

/** Ships with a new home folder. */
async function ship(...options: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const home = mkdtempSync(join(root, 'home-'));
  const where = ['--target', `file://${join(home, 'target')}`, '--master', 'local-cluster[1,1,1024]'];
  return shipEnv(home, ['ship', '--python', environment.venv, ...where, ...options]);
}

async function result(): Promise<{ artifact: { uri: string }; code: { name: string }[]; findings: Finding[] }> {
  const { exitCode, stdout, stderr } = await ship('--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).not.toMatch(HIDDEN);
  return JSON.parse(stdout.split('\n').at(-1) ?? '') as Awaited<ReturnType<typeof result>>;
}

/** Names of the artifact's entries, read by Python's zipfile. */
function namesIn(uri: string): string[] {
  const script = 'import json, sys, zipfile; print(json.dumps(zipfile.ZipFile(sys.argv[1]).namelist()))';
  const path = uri.replace('file://', '');
  return JSON.parse(
    execFileSync('python3', ['-c', script, path], { encoding: 'utf8', maxBuffer: 1 << 26 })
  ) as string[];
}

describe('distributions with hostile names and versions', () => {
  let findings: readonly Finding[];
  let names: readonly string[];

  beforeAll(async () => {
    environment = hostileEnvironment(mkdtempSync(join(root, 'environment-')));
    for (const [index, { name }] of HOSTILE_NAMES.entries()) {
      for (const [kind, content] of [
        ['named', metadata(name)],
        ['dated', metadata(`anchor${index}`, name)]
      ] as const) {
        const info = `${kind}${index}-1.dist-info`;
        write(join(environment.site, info, 'METADATA'), content);
        write(join(environment.site, info, 'RECORD'), `${info}/METADATA,,\n`);
      }
    }
    const shipped = await result();
    findings = shipped.findings.filter(({ kind }) => kind === 'refused-distribution');
    names = namesIn(shipped.artifact.uri);
  });

  it.each(HOSTILE_NAMES.map((each, index) => ({ ...each, index })))(
    '$what stays home with a finding',
    ({ told, index }) => {
      const about = (info: string): string[] =>
        findings.map(({ message }) => message).filter(message => message.includes(`/${info}-1.dist-info`));
      expect(about(`named${index}`)).toEqual([expect.stringMatching(told)]);
      expect(about(`dated${index}`)).toEqual([expect.stringMatching(told)]);
      for (const message of [...about(`named${index}`), ...about(`dated${index}`)]) {
        expect(message.length).toBeLessThan(800);
      }
    }
  );

  it('leave nothing in the artifact, and keep nothing else home', () => {
    expect(names.filter(each => /anchor|named|dated|escaped/.test(each))).toEqual([]);
    expect(names.filter(each => each.endsWith('/harbour.py'))).toHaveLength(1);
  });
});

describe('an environment full of hostile names', () => {
  const BIDI = 'a\u202egnp.exe';

  beforeAll(() => {
    environment = hostileEnvironment(mkdtempSync(join(root, 'environment-')));
    const { site, folder } = environment;
    const files = ['Icon\r', 'har\u001b[31mbour.txt', 'deep/.layout.json', BIDI, `${'l'.repeat(240)}.py`];
    for (const file of files) write(join(site, file), 'x = 1\n');
    write(
      join(site, 'harbour-1.0.dist-info/entry_points.txt'),
      '[console_scripts]\n../../evil = harbour:main\ngood = harbour:main\n'
    );
    const info = ['METADATA', 'WHEEL', 'entry_points.txt'].map(each => `harbour-1.0.dist-info/${each}`);
    write(
      join(site, 'harbour-1.0.dist-info/RECORD'),
      [...files.map(each => `"${each}"`), 'harbour.py', ...info].join(',,\n') + ',,\n'
    );
    const project = join(folder, 'a \u001b[2J folder\n\u202e');
    write(join(project, 'pyproject.toml'), '');
    write(join(project, 'dock/__init__.py'), '');
    write(join(project, 'dock/data\u001b[2J.txt'), '');
    write(join(site, 'dock-1.0.dist-info/METADATA'), metadata('dock'));
    write(join(site, 'dock-1.0.dist-info/RECORD'), '__editable__.dock-1.0.pth,,\n');
    write(
      join(site, 'dock-1.0.dist-info/direct_url.json'),
      JSON.stringify({ url: pathToFileURL(project).href, dir_info: { editable: true } })
    );
    write(join(site, '__editable__.dock-1.0.pth'), 'import __editable___dock_finder\n');
    const mapping = JSON.stringify({
      dock: join(project, 'dock'),
      '../../evil': join(project, 'dock'),
      'a/b': project
    });
    write(join(site, '__editable___dock_finder.py'), `MAPPING = ${mapping.replaceAll('\\u001b', '\\x1b')}\n`);
  });

  it('ships what executors can take, and tells the rest', async () => {
    const { artifact, code, findings } = await result();
    const refused = (kind: Finding['kind']): string[] =>
      findings.filter(each => each.kind === kind).map(({ subject }) => subject);
    expect(refused('refused-file').sort()).toEqual(['Icon\r', 'har\u001b[31mbour.txt', 'the script ../../evil'].sort());
    expect(refused('refused-import-name')).toEqual(['dock', 'dock']);
    expect(code.map(({ name }) => name.split('-')[0]).sort()).toEqual(['dock', 'quay']);
    const names = namesIn(artifact.uri);
    expect(names.filter(each => /deep\/\.layout\.json$|\/\.prefix\/bin\/good$/.test(each))).toHaveLength(2);
    expect(names.filter(each => each.split('/').includes('..') || each.includes('\u001b'))).toEqual([]);
  });

  it('starts on a node, with its cache', async () => {
    const { artifact } = await result();
    const node = mkdtempSync(join(root, 'node-'));
    const script = 'import harbour, sys; print(harbour.VERSION, sys.prefix)';
    const output = execFileSync(artifact.uri.replace('file://', ''), ['-c', script], {
      encoding: 'utf8',
      env: { PATH: `${join(environment.venv, 'bin')}:${process.env['PATH'] ?? ''}`, SHIP_ENV_NODE_ROOT: node }
    });
    expect(output).toMatch(new RegExp(`^1 ${node}`));
    expect(readdirSync(node)).not.toEqual([]);
  });

  it('shows a person no character that cannot be seen', async () => {
    const { exitCode, stdout, stderr } = await ship();
    expect({ exitCode, shown: stdout.includes('Shipped to') }).toEqual({ exitCode: 0, shown: true });
    expect(stdout + stderr).not.toMatch(HIDDEN);
    expect(stdout).toContain('har\\u001b[31mbour.txt');
    const { stdout: snapshot } = await shipEnv(root, ['snapshot', '--python', environment.venv]);
    expect(snapshot).toContain('a \\u001b[2J folder\\u000a\\u202e');
    expect(snapshot).not.toMatch(HIDDEN);
  });

  it('is told in an error the same way', async () => {
    const home = mkdtempSync(join(root, 'home-'));
    const { exitCode, stderr } = await shipEnv(home, [
      'ship',
      '--python',
      join(root, 'no\u001b[2Jpython'),
      '--target',
      `file://${home}/t`
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('no\\u001b[2Jpython') });
    expect(stderr).not.toMatch(HIDDEN);
    const unknown = await shipEnv(home, ['ship', '--no\u001b[2Joption']);
    expect({ code: unknown.exitCode, told: HIDDEN.test(unknown.stderr) }).toEqual({ code: 2, told: false });
  });
});
