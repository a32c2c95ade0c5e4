import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import * as z from 'zod';
import { Cache } from '../../src/system/cache/cache.js';
import type { Distribution, Editable, Finding, Snapshot } from '../../src/contract/snapshot.js';
import { takeSnapshot } from '../../src/environment/index.js';

/** A folder for this test file, removed after its tests. */
export function temporaryFolder(name = 'ship-env-snapshot-'): string {
  const folder = mkdtempSync(join(tmpdir(), name));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program and returns what it wrote; throws with its error output when it fails. */
export function sh(file: string, ...args: string[]): string {
  const { VIRTUAL_ENV: _active, PYTHONPATH: _path, ...env } = process.env;
  return execFileSync(file, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
}

/** Writes a tree of files, `{ 'src/pkg/__init__.py': '' }`, and returns its root. */
export function tree(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const caches = temporaryFolder('ship-env-caches-');

/** Takes a snapshot with a new cache or the given one. */
export async function snap(python: string, cacheRoot = mkdtempSync(join(caches, 'cache-'))): Promise<Snapshot> {
  const cache = await Cache.open(cacheRoot);
  return takeSnapshot({ python, cache, signal: new AbortController().signal });
}

/** Makes a virtual environment without pip, which is fast. */
export function uvVenv(folder: string, ...options: string[]): string {
  sh('uv', 'venv', '--quiet', '--no-config', ...options, folder);
  return folder;
}

/** Installs into an environment without pip. */
export function uvInstall(venv: string, ...what: string[]): void {
  sh('uv', 'pip', 'install', '--quiet', '--python', join(venv, 'bin', 'python'), ...what);
}

/** The only site-packages directory of an environment. */
export function siteOf(venv: string): string {
  const lib = join(venv, 'lib');
  const version = readdirSync(lib).find(name => name.startsWith('python'));
  if (version === undefined) throw new Error(`${lib} holds no python folder`);
  return join(lib, version, 'site-packages');
}

/** Puts a distribution into a site directory by hand; RECORD comes last and without hashes unless given. */
export function handMade(
  site: string,
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
  record: string | undefined
): void {
  const info = `${name}-${version}.dist-info`;
  tree(site, { ...files, [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n` });
  if (record !== undefined) writeFileSync(join(site, info, 'RECORD'), record);
}

/** The findings of one kind. */
export function findings(snapshot: Snapshot, kind: Finding['kind']): Finding[] {
  return snapshot.findings.filter(finding => finding.kind === kind);
}

/** A distribution by its normalized name; the test fails when it does not exist. */
export function distribution(snapshot: Snapshot, normalizedName: string): Distribution {
  const found = snapshot.distributions.find(each => each.normalizedName === normalizedName);
  if (found === undefined) throw new Error(`${normalizedName} is not in the snapshot`);
  return found;
}

/** An editable by its name; the test fails when it does not exist. */
export function editable(snapshot: Snapshot, name: string): Editable {
  const found = snapshot.editables.find(each => each.name === name);
  if (found === undefined)
    throw new Error(`${name} is not among ${snapshot.editables.map(each => each.name).join(', ')}`);
  return found;
}

/** A python that can make environments. */
export interface BasePython {
  readonly minor: string;
  readonly executable: string;
}

/**
 * Every working CPython 3.9 to 3.14 on the PATH or under pyenv, one for each minor version, and the system's own, for
 * which Debian has special directories.
 */
export function pythons(): BasePython[] {
  const pyenv = join(homedir(), '.pyenv', 'versions');
  const folders = [
    ...(process.env['PATH'] ?? '').split(':'),
    ...(existsSync(pyenv) ? readdirSync(pyenv).map(version => join(pyenv, version, 'bin')) : [])
  ];
  const minors = [9, 10, 11, 12, 13, 14].map(minor => `3.${minor}`);
  const found = new Map<string, BasePython>();
  for (const minor of minors) {
    const [first] = folders
      .map(folder => basePython(join(folder, `python${minor}`)))
      .filter(each => each !== undefined);
    if (first !== undefined) found.set(realpathSync(first.executable), first);
  }
  const system = basePython('/usr/bin/python3');
  if (system !== undefined && minors.includes(system.minor)) found.set(realpathSync(system.executable), system);
  return [...found.values()];
}

/** The executable of the installation; undefined for a shim without a python, or a python that cannot make venvs. */
function basePython(executable: string): BasePython | undefined {
  if (!existsSync(executable)) return undefined;
  const script = 'import json, sys, venv; print(json.dumps([sys._base_executable, "%d.%d" % sys.version_info[:2]]))';
  const result = spawnSync(executable, ['-I', '-c', script], { encoding: 'utf8' });
  if (result.status !== 0) return undefined;
  const [base, minor] = z.tuple([z.string(), z.string()]).parse(JSON.parse(result.stdout));
  return { executable: base, minor };
}
