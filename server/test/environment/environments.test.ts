import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/contract/snapshot.js';
import { findings, pythons, sh, siteOf, snap, temporaryFolder, tree, uvInstall, uvVenv } from './fixtures.js';

const found = pythons();
const [anyPython] = found;
if (anyPython === undefined) throw new Error('No Python 3.9 to 3.14 was found to make environments from.');

/** What the running interpreter itself reports, after its site processing. */
function oracle(python: string): {
  prefix: string;
  basePrefix: string;
  version: string;
  site: string[];
  tags: string[];
  /** The `files` of distributions with a RECORD. */
  distributions: { name: string; version: string; files: string[] | null }[];
} {
  const script = `
import json, os, platform, site, sys
from importlib import metadata
distributions = {}
for each in metadata.distributions():
    files = each.read_text("RECORD") and [str(f) for f in each.files if os.path.isfile(f.locate())]
    distributions.setdefault(each.metadata["Name"], {"name": each.metadata["Name"], "version": each.version, "files": files})
print(json.dumps({
    "prefix": sys.prefix, "basePrefix": sys.base_prefix, "version": platform.python_version(),
    "site": [p for p in sys.path if p.endswith("-packages")], "distributions": list(distributions.values()),
}))`;
  return JSON.parse(sh(python, '-c', script)) as ReturnType<typeof oracle>;
}

const NOTES = /^[^/]+\.dist-info\/(?:RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$/;

function agrees(snapshot: Snapshot, python: string): void {
  const said = oracle(python);
  expect(snapshot.interpreter).toMatchObject({
    executable: python,
    implementation: 'cpython',
    version: said.version,
    prefix: said.prefix,
    basePrefix: said.basePrefix
  });
  expect(snapshot.interpreter.siteDirectories.map(({ path }) => path)).toEqual(said.site);
  const names = (list: { name: string; version: string }[]): string[] =>
    list.map(each => `${each.name} ${each.version}`).sort();
  expect(names(snapshot.distributions)).toEqual(names(said.distributions));
  for (const { name, files } of said.distributions) {
    if (files === null) continue;
    const shipped = snapshot.distributions.find(each => each.name === name)?.files.map(file => file.path);
    const expected = files.filter(path => !path.endsWith('.pyc') && !NOTES.test(path)).sort();
    expect(shipped?.slice().sort(), name).toEqual(expected);
  }
}

describe.each(found)('Python $minor, $executable', ({ minor, executable }) => {
  const root = temporaryFolder();
  const makers: [string, (folder: string) => unknown][] = [
    ['venv', folder => sh(executable, '-m', 'venv', '--without-pip', folder)],
    ['uv venv without pip', folder => uvVenv(folder, '--python', executable)]
  ];
  // virtualenv needs seconds to make seeds, so only one interpreter is tried.
  if (executable === anyPython.executable) {
    makers.push(['virtualenv', folder => sh('virtualenv', '--quiet', '--python', executable, folder)]);
  }

  it.each(makers)('says of a %s what its interpreter says', async (kind, make) => {
    const folder = join(root, `${kind} ünï 環境`);
    make(folder);
    uvInstall(folder, 'iniconfig', 'markupsafe');
    const python = join(folder, 'bin', 'python');
    const snapshot = await snap(python);
    agrees(snapshot, python);
    expect(snapshot.findings).toEqual([]);
    const tag = `cp${minor.replace('.', '')}`;
    expect(snapshot.interpreter).toMatchObject({ minor, pythonTag: tag, abiTag: tag });
    const compiled = snapshot.distributions.find(each => each.name === 'MarkupSafe' || each.name === 'markupsafe');
    expect(compiled?.tags[0]).toContain(`${tag}-${tag}-`);
    expect(compiled?.rootIsPurelib).toBe(false);
    expect(compiled?.files.some(file => file.path.endsWith('.so'))).toBe(true);
  });

  it('sees both layers with --system-site-packages, and the environment wins', async () => {
    // An environment that is based on another one has the same real base, so the test compares with the base.
    const folder = uvVenv(join(root, 'both layers'), '--python', executable, '--system-site-packages');
    const python = join(folder, 'bin', 'python');
    const before = await snap(python);
    agrees(before, python);
    expect(new Set(before.interpreter.siteDirectories.map(({ layer }) => layer))).toEqual(
      new Set(['environment', 'base'])
    );
    const [inBase] = before.distributions;
    if (inBase === undefined) return;
    expect(inBase.layer).toBe('base');
    tree(siteOf(folder), {
      [`${inBase.normalizedName}-999.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: ${inBase.name}\nVersion: 999\n`,
      [`${inBase.normalizedName}-999.dist-info/RECORD`]: `${inBase.normalizedName}-999.dist-info/METADATA,,\n`
    });
    const after = await snap(python);
    expect(after.distributions.find(each => each.normalizedName === inBase.normalizedName)).toMatchObject({
      version: '999',
      layer: 'environment'
    });
    expect(findings(after, 'duplicate-distribution').map(finding => finding.subject)).not.toContain(
      inBase.normalizedName
    );
  });
});

describe('a python that is no virtual environment', () => {
  it('has its own site directories as its environment', async () => {
    const snapshot = await snap(anyPython.executable);
    agrees(snapshot, anyPython.executable);
    expect(snapshot.interpreter.prefix).toBe(snapshot.interpreter.basePrefix);
    expect(snapshot.interpreter.siteDirectories.every(({ layer }) => layer === 'environment')).toBe(true);
  });
});

describe('the way the python is named', () => {
  const root = temporaryFolder();
  let venv = '';
  beforeAll(() => {
    venv = uvVenv(join(root, 'venv'));
  });

  it('may be the folder of the environment', async () => {
    expect((await snap(venv)).interpreter.executable).toBe(join(venv, 'bin', 'python'));
  });

  it('is not disturbed by PYTHONHOME and PYTHONPATH', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { PYTHONHOME: '/nowhere', PYTHONPATH: '/nowhere', _PYTHON_HOST_PLATFORM: 'moon-os' });
    try {
      const snapshot = await snap(venv);
      expect(snapshot.interpreter.prefix).toBe(venv);
      expect(snapshot.interpreter.platformTag).not.toContain('moon');
    } finally {
      process.env = before;
    }
  });

  it('sees the environment that an ephemeral one extends', async () => {
    uvInstall(venv, 'iniconfig');
    const overlay = uvVenv(join(root, 'overlay'));
    sh('sh', '-c', `printf 'extends-environment = %s\\n' "$1" >> "$2"`, 'sh', venv, join(overlay, 'pyvenv.cfg'));
    const snapshot = await snap(overlay);
    expect(snapshot.distributions.map(each => [each.name, each.layer, each.location])).toEqual([
      ['iniconfig', 'environment', siteOf(venv)]
    ]);
  });
});
