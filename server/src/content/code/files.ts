import { compareText } from '../../text/compare.js';

/** Why a file below an editable's roots does not ship. */
export const SKIP_RULES = {
  cache: 'version control, caches, compiled bytecode, notebook checkpoints',
  'virtual-environment': 'virtual environments',
  noise: "editors' and systems' own files",
  'not-importable': 'files beside the packages of a project: tests, docs, build files, data',
  'git-ignored': 'ignored by git',
  shipignore: 'left out by .shipignore',
  'broken-link': 'links that lead nowhere or in a circle',
  'special-file': 'sockets, pipes and devices',
  'unusable-name': 'names that are not UTF-8, or contain a backslash or a control character'
} as const;
export type SkipRule = keyof typeof SKIP_RULES;

/** The files that one rule left out. */
export interface Skipped {
  readonly rule: SkipRule;
  /** The rule in words, for the person. */
  readonly reason: string;
  /** The number of paths. A folder that was left out as a whole counts once. */
  readonly count: number;
  /** The first few, relative to the project, sorted; a folder ends with `/`. */
  readonly examples: readonly string[];
}

/** Shows without reading whether a file is unchanged since it was hashed: an edit changes mtime or ctime. */
export interface FileIdentity {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

/** A file that ships. */
export interface CodeFile {
  /** `/`-separated path in the archive: `acme/tools/data.csv`. */
  readonly archivePath: string;
  /** Absolute path of the bytes, with links resolved. */
  readonly sourcePath: string;
  /** Path relative to the project folder, for the person. */
  readonly displayPath: string;
  /** Whether any execute bit is set. */
  readonly executable: boolean;
  readonly identity: FileIdentity;
}

const MAX_EXAMPLES = 5;

/** Counts what was skipped, each path once. */
export class SkipCounter {
  readonly #paths = new Map<SkipRule, Set<string>>();

  add(rule: SkipRule, displayPath: string): void {
    const paths = this.#paths.get(rule) ?? new Set();
    this.#paths.set(rule, paths.add(displayPath));
  }

  /** The skipped files, in the order of {@link SKIP_RULES}. */
  result(): Skipped[] {
    const result: Skipped[] = [];
    for (const [rule, reason] of Object.entries(SKIP_RULES)) {
      if (!isSkipRule(rule)) continue;
      const paths = this.#paths.get(rule);
      if (paths === undefined) continue;
      result.push({ rule, reason, count: paths.size, examples: [...paths].sort(compareText).slice(0, MAX_EXAMPLES) });
    }
    return result;
  }
}

function isSkipRule(value: string): value is SkipRule {
  return value in SKIP_RULES;
}
