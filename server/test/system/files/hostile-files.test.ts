import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { ShipIgnore } from '../../../src/content/code/collect/ship-ignore.js';
import type { Finding } from '../../../src/contract/snapshot.js';
import { FILE_KINDS } from '../../../src/system/files/read.js';
import { takeSnapshot } from '../../../src/environment/index.js';
import { BUNDLE, shipEnv } from '../../support/bundle.js';
import {
  FIFO,
  HOSTILE_FILES,
  READ_FILES,
  hostileEnvironment,
  placeOf,
  replaceBy,
  type HostileEnvironment,
  type HostileFile,
  type ReadFile
} from '../../support/hostile-files.js';
import { Sidecar } from '../../support/sidecar.js';

let root: string;
let environment: HostileEnvironment;
let cache: Cache;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ship-env-hostile-'));
  environment = hostileEnvironment(root);
  // Enough distributions to have the largest number of open files.
  for (let index = 0; index < 40; index += 1) {
    const info = join(environment.site, `crate${index}-1.0.dist-info`);
    mkdirSync(info);
    writeFileSync(join(info, 'METADATA'), `Metadata-Version: 2.1\nName: crate${index}\nVersion: 1.0\n`);
    writeFileSync(join(info, 'RECORD'), `crate${index}-1.0.dist-info/METADATA,,\n`);
  }
  cache = await Cache.open(join(root, 'cache'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Replaces a file by something hostile until the test ends. @returns the file's path */
function put(hostile: HostileFile, file: ReadFile): string {
  const path = placeOf(environment, file);
  onTestFinished(replaceBy(hostile, path, file.kind));
  return path;
}

/** Runs the command that reads the file. */
async function read(file: ReadFile): Promise<{ readonly findings: readonly Finding[] }> {
  if (file.command === 'snapshot') {
    return takeSnapshot({ python: environment.venv, cache, signal: new AbortController().signal });
  }
  await ShipIgnore.read(join(root, 'quay'));
  return { findings: [] };
}

/** Runs the real command as a process. */
async function ship(): Promise<{ exitCode: number | null; last: unknown; target: string }> {
  const target = mkdtempSync(join(root, 'target-'));
  const where = ['--target', `file://${target}`, '--master', 'local-cluster[1,1,1024]'];
  const { exitCode, stdout } = await shipEnv(root, ['ship', '--json', '--python', environment.venv, ...where]);
  return { exitCode, last: JSON.parse(stdout.split('\n').at(-1) ?? ''), target };
}

const needed = READ_FILES.filter(({ answer }) => answer === 'error');
const stray = READ_FILES.filter(({ answer }) => answer === 'finding');
const each = (files: readonly ReadFile[]) => files.flatMap(file => HOSTILE_FILES.map(hostile => ({ file, hostile })));

describe('in place of a file that is needed', () => {
  it.each(each(needed))('$hostile.name as $file.name is an error', async ({ file, hostile }) => {
    const path = put(hostile, file);
    const error: unknown = await read(file).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: file.kind.code,
      message: expect.stringMatching(hostile.told),
      hint: expect.stringMatching(/\S/)
    });
    expect(error).toHaveProperty('message', expect.stringContaining(path));
  });

  it.each(needed)('a FIFO as $name ends the command with an error', async file => {
    const path = put(FIFO, file);
    const { exitCode, last } = await ship();
    expect({ exitCode, last }).toMatchObject({ exitCode: 1, last: { type: 'error', code: file.kind.code } });
    expect(last).toHaveProperty('message', expect.stringContaining(path));
  });
});

describe('in place of what git reads', () => {
  it('a FIFO as .gitignore ends the command with an error, and git is not asked', async () => {
    const project = join(root, 'quay');
    execFileSync('git', ['init', '--quiet', project]);
    onTestFinished(() => rmSync(join(project, '.git'), { recursive: true }));
    const path = join(project, '.gitignore');
    FIFO.make(path, FILE_KINDS.gitIgnore);
    onTestFinished(() => rmSync(path));
    const { exitCode, last } = await ship();
    expect({ exitCode, last }).toMatchObject({ exitCode: 1, last: { type: 'error', code: 'CODE_UNREADABLE' } });
    expect(last).toHaveProperty('message', expect.stringContaining(path));
  });
});

describe('in place of a file that Python passes over', () => {
  it.each(each(stray))('$hostile.name as $file.name is a finding', async ({ file, hostile }) => {
    const path = put(hostile, file);
    const { findings } = await read(file);
    const told = findings.filter(({ kind }) => kind === 'unusable-file').map(({ message }) => message);
    expect(told).toEqual([expect.stringMatching(hostile.told)]);
    expect(told[0]).toContain(path);
  });

  it.each(stray)('a FIFO as $name ships with a finding', async file => {
    put(FIFO, file);
    const { exitCode, last, target } = await ship();
    expect({ exitCode, last }).toMatchObject({
      exitCode: 0,
      last: { type: 'result', findings: expect.arrayContaining([expect.objectContaining({ kind: 'unusable-file' })]) }
    });
    expect(readdirSync(target)).not.toEqual([]);
  });

  it('an egg-link that leads to a file is a finding', async () => {
    const path = join(environment.site, 'stray.egg-link');
    writeFileSync(path, `${join(environment.site, 'harbour.py')}\n.`);
    onTestFinished(() => rmSync(path));
    const { exitCode, last } = await ship();
    expect({ exitCode, last }).toMatchObject({
      exitCode: 0,
      last: { findings: expect.arrayContaining([expect.objectContaining({ subject: 'stray.egg-link' })]) }
    });
  });
});

describe('too few file descriptors', () => {
  it('are told as what they are, with the file that could not be opened', async () => {
    // Enough open files to start, but too few for all files that are read at a time.
    const limited = `ulimit -n 32; exec "$0" "$@"`;
    const args = [BUNDLE, 'snapshot', '--json', '--python', environment.venv];
    const run = promisify(execFile)('sh', ['-c', limited, process.execPath, ...args], {
      env: { HOME: mkdtempSync(join(root, 'home-')), PATH: process.env['PATH'] }
    });
    const error: unknown = await run.catch((caught: unknown) => caught);
    expect(error).toHaveProperty('code', 1);
    expect(JSON.parse((error as { stdout: string }).stdout)).toMatchObject({
      code: 'OPEN_FILES_EXHAUSTED',
      message: expect.stringContaining(root),
      hint: expect.stringContaining('ulimit -n')
    });
  });
});

describe('the sidecar', () => {
  it('answers after ships of environments with FIFOs as it did before', async () => {
    const sidecar = await Sidecar.start({});
    const url = `file://${mkdtempSync(join(root, 'target-'))}`;
    const target = { name: '', url, endpoint: '', region: '', pathStyle: false, profile: '', shared: false };
    const request = { python: environment.venv, target, master: 'local-cluster[1,1,1024]' };
    // More than the number of Node's file threads.
    for (const file of needed.slice(0, 6)) {
      const restore = replaceBy(FIFO, placeOf(environment, file), file.kind);
      expect(await sidecar.outcome(request)).toMatchObject({ type: 'error', code: file.kind.code });
      restore();
    }
    expect(await sidecar.outcome(request)).toMatchObject({ type: 'result' });
    expect(await sidecar.end()).toBe(0);
  });
});
