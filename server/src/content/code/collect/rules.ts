import { problemOfPath } from '../../../system/files/path-names.js';
import type { SkipRule } from '../files.js';

/** Never ships and cannot be re-included, whatever git or .shipignore say. Names of files or folders at any depth. */
const ALWAYS_OUT = new Set([
  '.git',
  '.hg',
  '.svn',
  '.bzr',
  '.shipignore',
  '__pycache__',
  '__pypackages__',
  '.ipynb_checkpoints',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.hypothesis',
  '.tox',
  '.nox',
  '.eggs',
  '.pixi',
  'node_modules'
]);
const ALWAYS_OUT_PATTERN = /\.(?:py[co]|egg-info)$/;

/** Left out where no git says what belongs to the project. */
const NOISE = new Set(['.DS_Store', 'Thumbs.db', '.idea', '.vscode', '.cache', '.coverage', '.direnv', '.vagrant']);
const NOISE_PATTERN = /^\.#|^#.*#$|~$|\.sw[op]$/;

/** A file that marks the folder which holds it (`pyvenv.cfg`) or the one above (`conda-meta/history`) as an environment. */
const ENVIRONMENT_MARKS = [/^(.*\/)?pyvenv\.cfg$/, /^(.*\/)?conda-meta\/history$/];

/** The rule that keeps this name home at any depth, if there is one. */
export function ruleForName(name: string, ruled: 'git' | 'plain'): SkipRule | undefined {
  if (ALWAYS_OUT.has(name) || ALWAYS_OUT_PATTERN.test(name)) return 'cache';
  if (ruled === 'plain' && (NOISE.has(name) || NOISE_PATTERN.test(name))) return 'noise';
  return undefined;
}

/** {@link ruleForName} for each part of a path; also the part that ends the path which stays home. */
export function ruleForPath(path: string, ruled: 'git' | 'plain'): { rule: SkipRule; path: string } | undefined {
  const parts = path.split('/');
  for (const [index, part] of parts.entries()) {
    const rule = ruleForName(part, ruled);
    if (rule !== undefined) return { rule, path: asFolder(parts, index) };
  }
  return undefined;
}

function asFolder(parts: string[], index: number): string {
  return parts.slice(0, index + 1).join('/') + (index < parts.length - 1 ? '/' : '');
}

/**
 * The folders among these paths that are virtual or conda environments, each with a `/` at its end. Not the top itself:
 * a project whose folder is an environment too still has its packages.
 */
export function environmentFolders(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (const mark of ENVIRONMENT_MARKS) {
      const match = mark.exec(path);
      if (match?.[1] !== undefined) folders.add(match[1]);
    }
  }
  return folders;
}

/**
 * Can the archive name this path? The zip library reads a backslash as a separator; U+FFFD stands for broken UTF-8.
 *
 * @param path - a folder may end with `/`
 */
export function isUsableName(path: string): boolean {
  return !path.includes('\\') && !path.includes('\uFFFD') && problemOfPath(path.replace(/\/$/, '')) === undefined;
}
