import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FILE_KINDS, type FileKind } from '../../src/system/files/read.js';

/** Something that may be in the place of a small file and must never be read as one. */
export interface HostileFile {
  readonly name: string;
  /** Words of the error or finding about it. */
  readonly told: RegExp;
  /** Creates it at a free path. */
  make(path: string, kind: FileKind): void;
}

/** Kinds that make a careless open hang. */
export const FIFO: HostileFile = { name: 'a FIFO', told: /FIFO/, make: path => void execFileSync('mkfifo', [path]) };

/** All kinds that are not a regular text file of reasonable size. */
export const HOSTILE_FILES: readonly HostileFile[] = [
  FIFO,
  {
    name: 'a link to a FIFO',
    told: /FIFO/,
    make: path => {
      execFileSync('mkfifo', [`${path}.pipe`]);
      symlinkSync(`${path}.pipe`, path);
    }
  },
  { name: 'a folder', told: /folder/, make: path => mkdirSync(path, { recursive: false }) },
  { name: 'a socket', told: /socket/, make: path => makeSocket(path) },
  { name: 'a link to /dev/zero', told: /device/, make: path => symlinkSync('/dev/zero', path) },
  { name: 'a link to a terminal', told: /device/, make: path => symlinkSync('/dev/ptmx', path) },
  {
    name: 'a file that is too large',
    told: /it has/,
    make: (path, { limit }) => {
      writeFileSync(path, 'Name: harbour\n');
      truncateSync(path, limit + 1);
    }
  },
  { name: 'a text with a NUL', told: /NUL/, make: path => writeFileSync(path, 'Name: har\0bour\nVersion: 1\n') }
];

/** A path that is too long for a socket is given relative to its folder. */
function makeSocket(path: string): void {
  const script = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
  execFileSync('python3', ['-c', script, path.slice(dirname(path).length + 1)], { cwd: dirname(path) });
}

/** A file that a command reads in an environment from {@link hostileEnvironment}. */
export interface ReadFile {
  readonly name: string;
  readonly kind: FileKind;
  /** Relative to the folder of the environment; `SITE` stands for its site-packages. */
  readonly path: string;
  /**
   * The command ends with the error; or it goes on with a finding; or it goes on without one, since nothing is lost.
   */
  readonly answer: 'error' | 'finding' | 'none';
  /** Which command reads it first. */
  readonly command: 'snapshot' | 'ship';
}

const INFO = 'SITE/harbour-1.0.dist-info';

/** All files of an environment and of a source tree that are read into memory. */
export const READ_FILES: readonly ReadFile[] = [
  { name: 'METADATA', kind: FILE_KINDS.metadata, path: `${INFO}/METADATA`, answer: 'error', command: 'snapshot' },
  { name: 'RECORD', kind: FILE_KINDS.fileList, path: `${INFO}/RECORD`, answer: 'error', command: 'snapshot' },
  { name: 'WHEEL', kind: FILE_KINDS.wheel, path: `${INFO}/WHEEL`, answer: 'error', command: 'snapshot' },
  {
    name: 'direct_url',
    kind: FILE_KINDS.directUrl,
    path: `${INFO}/direct_url.json`,
    answer: 'error',
    command: 'snapshot'
  },
  { name: 'top_level', kind: FILE_KINDS.topLevel, path: `${INFO}/top_level.txt`, answer: 'error', command: 'snapshot' },
  {
    name: 'entry points of an editable',
    kind: FILE_KINDS.entryPoints,
    path: 'SITE/quay-1.0.dist-info/entry_points.txt',
    answer: 'error',
    command: 'snapshot'
  },
  {
    name: 'import hook of an editable',
    kind: FILE_KINDS.finder,
    path: 'SITE/__editable___quay_finder.py',
    answer: 'error',
    command: 'snapshot'
  },
  {
    name: 'PKG-INFO',
    kind: FILE_KINDS.metadata,
    path: 'SITE/crane.egg-info/PKG-INFO',
    answer: 'error',
    command: 'snapshot'
  },
  {
    name: 'requires.txt',
    kind: FILE_KINDS.requires,
    path: 'SITE/crane.egg-info/requires.txt',
    answer: 'error',
    command: 'snapshot'
  },
  {
    name: 'installed-files.txt',
    kind: FILE_KINDS.fileList,
    path: 'SITE/crane.egg-info/installed-files.txt',
    answer: 'error',
    command: 'snapshot'
  },
  { name: 'pyvenv.cfg', kind: FILE_KINDS.pyvenv, path: 'venv/pyvenv.cfg', answer: 'error', command: 'snapshot' },
  { name: 'path file', kind: FILE_KINDS.pth, path: 'SITE/stray.pth', answer: 'finding', command: 'snapshot' },
  { name: 'egg-link', kind: FILE_KINDS.eggLink, path: 'SITE/stray.egg-link', answer: 'finding', command: 'snapshot' },
  { name: '.shipignore', kind: FILE_KINDS.shipIgnore, path: 'quay/.shipignore', answer: 'error', command: 'ship' }
];

/** The path of a file of {@link READ_FILES}. */
export function placeOf({ folder, site }: HostileEnvironment, { path }: ReadFile): string {
  return path.startsWith('SITE/') ? join(site, path.slice('SITE/'.length)) : join(folder, path);
}

/** Replaces a file by something hostile. @returns a function that restores the file */
export function replaceBy(hostile: HostileFile, path: string, kind: FileKind): () => void {
  const before = existsSync(path) ? readFileSync(path) : undefined;
  rmSync(path, { force: true });
  hostile.make(path, kind);
  return () => {
    for (const each of [path, `${path}.pipe`]) rmSync(each, { recursive: true, force: true });
    if (before !== undefined) writeFileSync(path, before);
  };
}

/** An environment that has every file of {@link READ_FILES}: a distribution, an egg-info, an editable with a hook. */
export interface HostileEnvironment {
  readonly folder: string;
  readonly venv: string;
  readonly site: string;
}

/** @param folder - a new or empty folder, which the caller removes */
export function hostileEnvironment(folder: string): HostileEnvironment {
  const venv = join(folder, 'venv');
  execFileSync('uv', ['venv', '--quiet', '--no-config', venv]);
  const lib = join(venv, 'lib');
  const version = readdirSync(lib).find(name => name.startsWith('python')) ?? '';
  const site = join(lib, version, 'site-packages');
  const project = join(folder, 'quay');
  const files: Record<string, string> = {
    [join(site, 'harbour.py')]: 'VERSION = 1\n',
    [join(site, 'harbour-1.0.dist-info/METADATA')]: 'Metadata-Version: 2.1\nName: harbour\nVersion: 1.0\n',
    [join(site, 'harbour-1.0.dist-info/WHEEL')]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [join(site, 'harbour-1.0.dist-info/RECORD')]:
      'harbour.py,,\nharbour-1.0.dist-info/METADATA,,\nharbour-1.0.dist-info/WHEEL,,\n',
    [join(site, 'crane.py')]: 'VERSION = 1\n',
    [join(site, 'crane.egg-info/PKG-INFO')]: 'Metadata-Version: 1.1\nName: crane\nVersion: 1.0\n',
    [join(site, 'crane.egg-info/installed-files.txt')]: '../crane.py\nPKG-INFO\n',
    [join(site, 'quay-1.0.dist-info/METADATA')]: 'Metadata-Version: 2.1\nName: quay\nVersion: 1.0\n',
    [join(site, 'quay-1.0.dist-info/RECORD')]: '__editable__.quay-1.0.pth,,\n__editable___quay_finder.py,,\n',
    [join(site, 'quay-1.0.dist-info/direct_url.json')]: JSON.stringify({
      url: `file://${project}`,
      dir_info: { editable: true }
    }),
    [join(site, '__editable__.quay-1.0.pth')]: 'import __editable___quay_finder; __editable___quay_finder.install()\n',
    [join(site, '__editable___quay_finder.py')]:
      `MAPPING = {'quay': '${join(project, 'quay')}'}\nNAMESPACES = {}\ndef install():\n    pass\n`,
    [join(project, 'pyproject.toml')]: '[project]\nname = "quay"\nversion = "1.0"\n',
    [join(project, 'quay/__init__.py')]: 'VERSION = 1\n'
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return { folder, venv, site };
}
