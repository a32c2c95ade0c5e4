import { problemOfPath } from '../../../system/files/path-names.js';
import type { SkipRule } from '../files.js';

/** Names of files or folders that never ship, at any depth, not even with a rule of git or `.shipignore`. */
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

/** Names that do not ship when git does not say which files belong to the project. */
const NOISE = new Set(['.DS_Store', 'Thumbs.db', '.idea', '.vscode', '.cache', '.coverage', '.direnv', '.vagrant']);
const NOISE_PATTERN = /^\.#|^#.*#$|~$|\.sw[op]$/;

/** Files that mark their folder (`pyvenv.cfg`), or the folder above (`conda-meta/history`), as an environment. */
const ENVIRONMENT_MARKS = [/^(.*\/)?pyvenv\.cfg$/, /^(.*\/)?conda-meta\/history$/];

/** The rule by which a name does not ship at any depth, if there is one. */
export function ruleForName(name: string, ruled: 'git' | 'plain'): SkipRule | undefined {
  if (ALWAYS_OUT.has(name) || ALWAYS_OUT_PATTERN.test(name)) return 'cache';
  if (ruled === 'plain' && (NOISE.has(name) || NOISE_PATTERN.test(name))) return 'noise';
  return undefined;
}

/** Applies {@link ruleForName} to each part of a path; also returns the path up to the part with a rule. */
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
 * The folders among these paths that are virtual or conda environments, each with a `/` at its end. The top folder is not one
 * of them: a project folder that is also an environment still has packages that ship.
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
 * Whether an archive can contain this path. The zip library treats a backslash as a separator; U+FFFD stands for invalid UTF-8.
 *
 * @param path - a folder may end with `/`
 */
export function isUsableName(path: string): boolean {
  return !path.includes('\\') && !path.includes('\uFFFD') && problemOfPath(path.replace(/\/$/, '')) === undefined;
}
