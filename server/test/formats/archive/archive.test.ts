import { createHash } from 'node:crypto';
import { readFile, readlink, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Cache } from '../../../src/system/cache/cache.js';
import { Workshop, basePython, type Made } from '../fixtures.js';
import { archiveOf, unpack } from './workshop.js';

let workshop: Workshop;
let made: Made;
/** The environment after it was unpacked and moved. */
let environment: string;

beforeAll(async () => {
  workshop = await Workshop.open();
  const python = await workshop.venv('pip', 'pip', ['markupsafe==3.0.2', 'idna==3.10', await workshop.wheel()]);
  made = await archiveOf(python, workshop.path('env.tar.gz'), workshop);
  await unpack(made.path, workshop.path('unpacked'));
  environment = workshop.path('moved, with spaces');
  await rename(workshop.path('unpacked'), environment);
});
afterAll(() => workshop.remove());

async function run(program: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '' };
  return (await execa(join(environment, 'bin', program), args, { cwd: '/', env, extendEnv: false })).stdout;
}

async function python(source: string): Promise<string> {
  return run('python', '-c', source);
}

describe('an unpacked archive runs after a move', () => {
  test('its python imports what is inside, compiled extensions too, and nothing of the environment that it came from', async () => {
    const seen = JSON.parse(
      await python(
        'import json, sys, markupsafe._speedups as m, harbor_kit as h; print(json.dumps([sys.prefix, m.__file__, h.__cached__, sys.path]))'
      )
    ) as unknown[];
    expect(seen.slice(0, 3)).toEqual([
      environment,
      expect.stringMatching(/^.*moved, with spaces\/lib\/python[^/]+\/site-packages\/markupsafe\/_speedups\..*so$/),
      expect.stringContaining('/__pycache__/')
    ]);
    expect(JSON.stringify(seen)).not.toContain(workshop.path('pip'));
  });

  test('modules are compiled: Python writes and checks none', async () => {
    const source =
      'import harbor_kit, pathlib; p = pathlib.Path(harbor_kit.__cached__); print(p.is_file(), p.read_bytes()[4])';
    // 1 marks a compiled module that is not compared with its source (PEP 552).
    await expect(python(source)).resolves.toBe('True 1');
  });

  test('scripts find the python beside them, also through a link, and keep their arguments', async () => {
    await expect(run('harbor')).resolves.toBe('console 1.2');
    await expect(run('harbor-lift')).resolves.toBe('lifted');
    await expect(run('harbor-plain')).resolves.toBe('plain 1.2');
    await expect(run('harbor-shell')).resolves.toBe('shell');
    const link = workshop.path('a link');
    await execa('ln', ['-s', join(environment, 'bin', 'harbor'), link]);
    expect((await execa(link)).stdout).toBe('console 1.2');
  });

  test('data, headers and programs are in their places', async () => {
    await expect(readFile(join(environment, 'share/harbor/map.txt'), 'utf8')).resolves.toBe('here be dragons\n');
    await expect(execa('find', [join(environment, 'include'), '-name', 'harbor.h'])).resolves.toMatchObject({
      stdout: expect.stringContaining('harbor.h')
    });
    const site = await python('import harbor_kit, os; print(os.path.dirname(harbor_kit.__file__))');
    expect((await execa(join(site, 'tool.sh'))).stdout).toBe('tool');
  });

  test('activate puts the environment first', async () => {
    const { stdout } = await execa('bash', [
      '-c',
      '. "$1"; command -v harbor; deactivate; echo "${VIRTUAL_ENV-none}"',
      'bash',
      join(environment, 'bin/activate')
    ]);
    expect(stdout.split('\n')).toEqual([join(environment, 'bin/harbor'), 'none']);
  });

  test('each process waits for pyspark, to run the code that ships', async () => {
    await expect(
      python(
        'import sys; print(sys.meta_path[0].__name__ if isinstance(sys.meta_path[0], type) else type(sys.meta_path[0]).__name__)'
      )
    ).resolves.toBe('SparkFilesFinder');
    await expect(python('import ship_env_runtime')).resolves.toBe('');
  });
});

const recorded = z.array(z.object({ path: z.string(), sha256: z.string(), size: z.number() }));

test('RECORD says the truth about every file, and names every file of the modules', async () => {
  const rows = recorded.parse(
    JSON.parse(
      await python(`
import base64, importlib.metadata, json
rows = []
for distribution in importlib.metadata.distributions():
    for file in distribution.files:
        if file.hash is None:
            assert file.name == "RECORD", file
            continue
        value = base64.urlsafe_b64decode(file.hash.value + "==").hex()
        rows.append({"path": str(file.locate().resolve()), "sha256": value, "size": file.size})
print(json.dumps(rows))
`)
    )
  );
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter(({ path }) => path.endsWith('.pyc')).length).toBeGreaterThan(5);
  expect(rows.map(({ path }) => path)).toContain(join(environment, 'bin/harbor'));
  for (const { path, sha256, size } of rows) {
    const content = await readFile(path);
    expect([path, createHash('sha256').update(content).digest('hex'), content.length]).toEqual([path, sha256, size]);
  }
});

test('Python unpacks the same as GNU tar', async () => {
  const folder = workshop.path('by python');
  const program = `
import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    archive.extractall(sys.argv[2], filter="fully_trusted")
`;
  await execa('python', ['-c', program, made.path, folder]);
  await unpack(made.path, workshop.path('by tar'));
  expect((await execa('diff', ['-r', '--no-dereference', folder, workshop.path('by tar')])).stdout).toBe('');
});

test('links are links: to the python on the nodes, which a finding names', async () => {
  const base = (await execa('realpath', [await basePython()])).stdout;
  const link = (name: string): Promise<string> => readlink(join(environment, name));
  expect([await link('bin/python'), await link('bin/python3'), await link('lib64')]).toEqual([base, 'python', 'lib']);
  expect(made.plan.findings).toContainEqual(expect.objectContaining({ kind: 'node-python', subject: base }));
});

test('the same environment gives the same bytes, whoever installed it, wherever it lies, from whatever cache', async () => {
  const cache = await Cache.open(workshop.path('other cache'));
  const requirements = ['markupsafe==3.0.2', 'idna==3.10', await workshop.wheel()];
  const python = await workshop.venv('a much longer path, with spaces and ümlauts', 'uv', requirements);
  const other = await archiveOf(python, workshop.path('other.tar.gz'), { cache });
  expect(other.plan.id).toBe(made.plan.id);
  expect(other.built.manifest).toEqual(made.built.manifest);
  expect((await readFile(other.path)).equals(await readFile(made.path))).toBe(true);
});
