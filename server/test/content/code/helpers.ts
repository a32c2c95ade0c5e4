import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, onTestFinished, vi } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import type { ArchiveProgress } from '../../../src/content/code/archive.js';
import {
  archiveEditable,
  listShippedFiles,
  type ArchivedEditable,
  type Listing
} from '../../../src/content/code/index.js';
import type { Editable } from '../../../src/contract/snapshot.js';

/** The files of a small project: a module, a program and data. */
export const tree = {
  'src/m/__init__.py': 'VALUE = 1\n',
  'src/m/run.sh*': '#!/bin/sh\n',
  'src/m/data/big.bin': Buffer.alloc(2_500_000, 'abcdefghij'),
  'src/m/data/empty': ''
};

/** A signal that never aborts. */
export const never = new AbortController().signal;

const execFileAsync = promisify(execFile);
const temporaryFolders: string[] = [];

afterEach(async () => {
  for (const folder of temporaryFolders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A folder that is removed after the test; its path holds no link. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'ship-env code é-'));
  temporaryFolders.push(folder);
  return folder;
}

/** Writes files below a folder; a name that ends with `*` is made executable. */
export async function writeTree(folder: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name.replace(/\*$/, ''));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    if (name.endsWith('*')) await chmod(path, 0o755);
  }
}

/** A project folder with these files and a pyproject.toml. */
export async function project(files: Record<string, string | Buffer>): Promise<string> {
  const folder = await temporaryFolder();
  await writeTree(folder, { 'pyproject.toml': '', ...files });
  return folder;
}

/** A project folder with these files that is a git repository. */
export async function repository(files: Record<string, string>): Promise<string> {
  const folder = await project(files);
  await git(folder, 'init', '-q');
  return folder;
}

/** An editable with these roots, relative to its project: `['src', '']` is a folder on sys.path. */
export function editableOf(folder: string, ...roots: [path: string, importName: string][]): Editable {
  return {
    name: 'My-Model',
    normalizedName: 'my-model',
    version: '1.2.0',
    kind: 'pth',
    projectDirectory: folder,
    roots: roots.map(([path, importName]) => ({ path: join(folder, path), importName })),
    requires: ['numpy>=2'],
    entryPoints: ''
  };
}

/** Runs git with an identity and without the machine's own configuration. */
export async function git(folder: string, ...args: string[]): Promise<void> {
  const identity = ['-c', 'user.name=A', '-c', 'user.email=a@b', '-c', 'protocol.file.allow=always'];
  await execFileAsync('git', [...identity, ...args], {
    cwd: folder,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  });
}

/** The files that ship, with their places. */
export function list(editable: Editable, signal = new AbortController().signal): Promise<Listing> {
  return listShippedFiles(editable, { signal });
}

/** The archive paths that ship. */
export async function shippedPaths(editable: Editable): Promise<string[]> {
  return (await list(editable)).files.map(file => file.archivePath);
}

/** Archives into a cache of its own, unless one is given. */
export async function archive(
  editable: Editable,
  options: {
    cache?: Cache;
    allowSecrets?: string[];
    signal?: AbortSignal;
    onProgress?: (progress: ArchiveProgress) => void;
  } = {}
): Promise<ArchivedEditable & { path: string; cache: Cache }> {
  const cache = options.cache ?? (await Cache.open(await temporaryFolder()));
  const result = await archiveEditable(editable, {
    cache,
    signal: options.signal ?? new AbortController().signal,
    allowSecrets: options.allowSecrets ?? [],
    onProgress: options.onProgress
  });
  return { ...result, cache, path: cache.path('code', result.payload.name) };
}

/** Runs a program with only this archive and the standard library on its path; resolves to its output. */
export async function python(interpreter: string, archivePath: string, source: string): Promise<string> {
  const program = `import sys; sys.path.insert(0, ${JSON.stringify(archivePath)})\n${source}`;
  const { stdout } = await execFileAsync(interpreter, ['-I', '-S', '-c', program], { cwd: tmpdir() });
  return stdout.trim();
}

/** The pythons of this machine that a kernel may run, one for each minor version; at least `python3`. */
export async function pythons(): Promise<string[]> {
  const names = ['python3', ...[9, 10, 11, 12, 13, 14].map(minor => `python3.${minor}`)];
  const found = new Map<string, string>();
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      const version = await execFileAsync(path, ['-c', 'import sys; print(*sys.version_info[:2])']).catch(
        () => undefined
      );
      if (version !== undefined && !found.has(version.stdout)) found.set(version.stdout, path);
    }
  }
  return [...found.values()];
}

/** Sets variables of this process until the test ends. */
export function setEnvironment(values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** The error of a promise; the test fails when the promise has none. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error
  );
}

/** Is the zip being written? Then `tmp/` is not empty. */
export async function someTemporaryFile(cache: Cache): Promise<void> {
  while ((await readdir(join(cache.root, 'tmp'))).length === 0) await new Promise(resolve => setImmediate(resolve));
}
