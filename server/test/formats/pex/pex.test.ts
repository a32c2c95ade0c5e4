import { pexPlanOf, type PexPlan } from '../../../src/formats/pex/plan.js';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workshop, type Made } from '../fixtures.js';
import { entries } from './zip-entries.js';

const REQUIREMENTS = [
  'requests==2.32.3',
  'certifi==2024.8.30',
  'idna==3.10',
  'urllib3==2.2.3',
  'charset-normalizer==3.4.0',
  'markupsafe==3.0.2'
];

let workshop: Workshop;
let python: string;
let made: Made;

beforeAll(async () => {
  workshop = await Workshop.open();
  python = await workshop.venv('kernel', 'pip', [...REQUIREMENTS, 'six==1.16.0', await workshop.wheel()]);
  made = await workshop.build(python, 'env.pex');
});
afterAll(() => workshop.remove());

function pexRoot(): Record<string, string> {
  return { PEX_ROOT: workshop.path('pex-root') };
}

/** Everything that the bytes of the PEX depend on. */
const planned = (): PexPlan => pexPlanOf(made.plan.content, workshop.seed);

describe('against the pex tool', () => {
  test('holds what the tool packs from the same venv', async () => {
    const reference = workshop.path('reference.pex');
    // The findings test needs a distribution with unmet requirements, which the tool refuses to resolve.
    const excludes = ['--exclude', 'no-such-thing', '--exclude', 'six'];
    await execa(
      'pex',
      [
        '--venv-repository',
        python,
        ...REQUIREMENTS,
        'harbor-kit',
        ...excludes,
        '--inherit-path=fallback',
        '-o',
        reference
      ],
      { env: pexRoot() }
    );
    const ours = await workshop.build(python, 'as-reference.pex', { excludes: ['six'] });
    const [expected, actual] = [await entries(reference), await entries(ours.path)];
    // These files hold the fingerprint or the pex_hash. The tool also loses the execute bit of a script that it
    // rewrites.
    const differing = (name: string): boolean =>
      name.endsWith('/.layout.json') || ['PEX-INFO', '__main__.py', '__pex__/__init__.py'].includes(name);
    const comparable = (found: Record<string, string>): Record<string, string> =>
      Object.fromEntries(
        Object.entries(found).map(([name, content]) => [
          name,
          differing(name) ? 'differs' : name.endsWith('/harbor-plain') ? content.slice(0, 64) : content
        ])
      );
    expect(comparable(actual)).toEqual({
      ...comparable(expected),
      ...Object.fromEntries(workshop.seed.modules.map(({ name }) => [name, actual[name]]))
    });
  });

  test('has a layout that differs in the fingerprint only', async () => {
    const name = '.deps/Harbor_Kit-1.2-py2.py3-none-any.whl/.layout.json';
    const { stdout } = await execa('unzip', ['-p', made.path, name]);
    const segment = made.plan.content.segments.find(candidate => candidate.name === 'Harbor-Kit');
    expect(stdout).toBe(
      `{"fingerprint":"${segment?.key}","record_relpath":"Harbor_Kit-1.2.dist-info/RECORD","root_is_purelib":true,"stash_dir":".prefix","sys_path_entries":["."]}`
    );
  });

  test('pex-tools reads it and makes a venv without a word', async () => {
    const info = await execa('pex-tools', [made.path, 'info'], { env: pexRoot() });
    expect(JSON.parse(info.stdout)).toMatchObject({ inherit_path: 'fallback', excluded: [] });
    expect(info.stderr).toBe('');
    const interpreter = await execa('pex-tools', [made.path, 'interpreter'], { env: pexRoot() });
    expect(interpreter.stdout).toMatch(/python/);
    const venv = workshop.path('from-pex');
    const result = await execa('pex-tools', [made.path, 'venv', venv], { env: pexRoot() });
    expect(result.stdout + result.stderr).toBe('');
    const bin = (name: string): string => join(venv, 'bin', name);
    expect((await execa(bin('harbor'))).stdout).toBe('console 1.2');
    expect((await execa(bin('harbor-lift'))).stdout).toBe('lifted');
    expect((await execa(bin('harbor-window'))).stdout).toBe('console 1.2');
    expect((await execa(bin('harbor-plain'))).stdout).toBe('plain 1.2');
    expect((await execa(bin('harbor-shell'))).stdout).toBe('shell');
    expect(await readFile(join(venv, 'share', 'harbor', 'map.txt'), 'utf8')).toBe('here be dragons\n');
    expect(
      (await execa(bin('python'), ['-c', 'import markupsafe._speedups, requests; print(requests.__version__)'])).stdout
    ).toBe('2.32.3');
  });

  test('unzip finds no fault', async () => {
    expect((await execa('unzip', ['-tq', made.path])).stdout).toContain('No errors detected');
  });

  test('boot code differs from the seed in pex_hash only, and the hashes are those the tool would compute', async () => {
    const { stdout: main } = await execa('unzip', ['-p', made.path, '__main__.py'], { stripFinalNewline: false });
    expect(main).toBe(workshop.seed.main.replace(workshop.seed.pexHash, planned().pexHash));
    const code = `
import hashlib, os, sys, zipfile
from pex.pex_info import PexInfo
from pex.util import CacheHelper
info = PexInfo.from_pex(sys.argv[1])
with zipfile.ZipFile(sys.argv[1]) as archive:
    archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith(("ship_env_", "jupyterlab_ship_env/"))])
assert info.code_hash == CacheHelper.pex_code_hash(sys.argv[2]), info.code_hash
text = info.dump()
del info._pex_info["pex_hash"]
print(hashlib.sha1(info.dump().encode()).hexdigest(), hashlib.sha1(text.encode()).hexdigest())
`;
    await mkdir(workshop.path('code'));
    const [pexHash, textHash] = (await execa('python', ['-c', code, made.path, workshop.path('code')])).stdout.split(
      ' '
    );
    expect(pexHash).toBe(planned().pexHash);
    expect(textHash).toBe(createHash('sha1').update(planned().pexInfo).digest('hex'));
  });
});

describe('on a node', () => {
  test('imports, with execute bits and files of every kind and size', async () => {
    const env = workshop.nodeEnvironment('node-a');
    const code = `
import hashlib, os, subprocess, sys, json
import harbor_kit, requests, markupsafe._speedups
folder = os.path.dirname(harbor_kit.__file__)
print(json.dumps({
    "tool": subprocess.run([folder + "/tool.sh"], capture_output=True, text=True).stdout,
    "files": {name: hashlib.sha256(open(f"{folder}/{name}", "rb").read()).hexdigest() for name in sorted(os.listdir(folder)) if os.path.isfile(f"{folder}/{name}")},
    "under": harbor_kit.__file__.startswith(os.environ["ROOT"]),
}))
`;
    const { stdout, stderr } = await execa(made.path, ['-c', code], {
      env: { ...env, ROOT: workshop.path('node-a') },
      extendEnv: false
    });
    expect(stderr).toBe('');
    const found = JSON.parse(stdout);
    const kit = made.snapshot.distributions.find(({ name }) => name === 'Harbor-Kit');
    const files = kit?.files
      .filter(({ path }) => /^harbor_kit\/[^/]+$/.test(path))
      .map(({ path, sha256 }) => [path.slice('harbor_kit/'.length), sha256]);
    expect(found).toEqual({ tool: 'tool\n', under: true, files: Object.fromEntries(files ?? []) });
  });

  test('runs and imports the runtime module', async () => {
    const env = workshop.nodeEnvironment('node-a');
    const run = await execa(made.path, ['-c', 'import ship_env_runtime; print(ship_env_runtime.__name__)'], {
      env,
      extendEnv: false
    });
    expect(run.stdout).toBe('ship_env_runtime');
    // Without the pipes of a Spark worker it ends; the test only checks that python finds it with -m.
    const asModule = await execa(made.path, ['-m', 'ship_env_runtime'], {
      env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore'
    });
    expect(asModule.stderr).not.toContain('No module named ship_env_runtime');
  });

  test('python runs it too, and PEX_TOOLS=1 gives the tools', async () => {
    const env = { ...workshop.nodeEnvironment('node-b'), ...pexRoot() };
    expect(
      (await execa('python', [made.path, '-c', 'import requests; print(requests.__name__)'], { env, extendEnv: false }))
        .stdout
    ).toBe('requests');
    const tools = await execa(made.path, ['info'], { env: { ...env, PEX_TOOLS: '1' }, extendEnv: false });
    expect(JSON.parse(tools.stdout)).toMatchObject({ pex_hash: planned().pexHash });
  });

  test('takes what it lacks from PYTHONPATH, as executors give it pyspark', async () => {
    const env = { ...workshop.nodeEnvironment('node-a'), PYTHONPATH: workshop.path('extra') };
    await mkdir(workshop.path('extra'));
    await writeFile(workshop.path('extra', 'cluster_only.py'), 'WHERE = __file__\n');
    const { stdout } = await execa(made.path, ['-c', 'import cluster_only; print(cluster_only.WHERE)'], {
      env,
      extendEnv: false
    });
    expect(stdout).toBe(workshop.path('extra', 'cluster_only.py'));
  });
});

test('an egg-info, as setup.py and Debian leave it, becomes what the pex tool accepts', async () => {
  const kernel = await workshop.venv('legacy', 'uv', ['six==1.16.0']);
  const site = workshop.path('legacy', 'lib', `python${made.plan.content.interpreter.minor}`, 'site-packages');
  const egg = join(site, 'Old_Thing-2.0.egg-info');
  await mkdir(egg);
  await writeFile(join(site, 'old_thing.py'), "def main():\n    print('old')\n");
  await writeFile(join(egg, 'PKG-INFO'), 'Metadata-Version: 1.1\nName: Old-Thing\nVersion: 2.0\n\nOld.\n');
  await writeFile(join(egg, 'requires.txt'), 'six>=1\n');
  await writeFile(join(egg, 'entry_points.txt'), '[console_scripts]\nold = old_thing:main\n');
  await writeFile(join(egg, 'installed-files.txt'), '../old_thing.py\nPKG-INFO\nrequires.txt\nentry_points.txt\n');
  const legacy = await workshop.build(kernel, 'legacy.pex');
  const { stdout: metadata } = await execa('unzip', ['-p', legacy.path, '*/Old_Thing-2.0.dist-info/METADATA']);
  expect(metadata).toBe('Metadata-Version: 1.1\nName: Old-Thing\nVersion: 2.0\nRequires-Dist: six>=1\n\nOld.');
  const venv = workshop.path('from-legacy');
  const result = await execa('pex-tools', [legacy.path, 'venv', venv], { env: pexRoot() });
  expect(result.stdout + result.stderr).toBe('');
  expect((await execa(join(venv, 'bin', 'old'))).stdout).toBe('old');
  const version = 'from importlib.metadata import version; print(version("old-thing"))';
  expect(
    (await execa(legacy.path, ['-c', version], { env: workshop.nodeEnvironment('node-a'), extendEnv: false })).stdout
  ).toBe('2.0');
});

test('names unmet requirements, and boots all the same', () => {
  expect(made.plan.findings).toEqual([
    {
      kind: 'missing-dependency',
      subject: 'Harbor-Kit',
      message: 'Harbor-Kit requires no-such-thing>=2, which is not installed.'
    },
    {
      kind: 'missing-dependency',
      subject: 'Harbor-Kit',
      message: 'Harbor-Kit requires six>=99, but 1.16.0 is installed.'
    }
  ]);
});

test('nothing of this machine is in it', async () => {
  const { stdout } = await execa('unzip', ['-p', made.path], { encoding: 'buffer', maxBuffer: 1e9 });
  for (const path of [workshop.folder, python]) expect(Buffer.from(stdout).includes(path)).toBe(false);
  await access(made.path, constants.X_OK);
});
