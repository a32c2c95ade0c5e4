import { join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { ShipEnvError, hasCode } from '../../../errors.js';
import { FILE_KINDS, UnusableFile, readBounded } from '../../../system/files/read.js';

/** The rules of the project's `.shipignore`, in gitignore syntax. Paths are relative to the project folder. */
export class ShipIgnore {
  readonly #project: string;
  readonly #rules: Ignore | undefined;

  private constructor(project: string, rules: Ignore | undefined) {
    this.#project = project;
    this.#rules = rules;
  }

  /** @throws ShipEnvError CODE_UNREADABLE when the file exists but cannot be read */
  static async read(project: string): Promise<ShipIgnore> {
    const path = join(project, '.shipignore');
    try {
      // Case matters, as for git on Linux.
      return new ShipIgnore(
        project,
        ignore({ ignorecase: false }).add((await readBounded(path, FILE_KINDS.shipIgnore)).toString('utf8'))
      );
    } catch (cause) {
      if (cause instanceof UnusableFile) throw cause;
      if (hasCode(cause, 'ENOENT')) return new ShipIgnore(project, undefined);
      throw new ShipEnvError('CODE_UNREADABLE', `${path} cannot be read.`, {
        hint: 'Make it a text file that you can read, or delete it.',
        cause
      });
    }
  }

  /** Whether a rule leaves this path out. @param path - absolute; a folder ends with `/` */
  excludes(path: string): boolean {
    const inside = this.#relative(path);
    return inside !== undefined && (this.#rules?.test(inside).ignored ?? false);
  }

  /** Whether a `!` rule includes this path, or a folder above it. @param path - absolute; a folder ends with `/` */
  includes(path: string): boolean {
    const inside = this.#relative(path);
    if (inside === undefined || this.#rules === undefined) return false;
    const parts = inside.split('/').filter(part => part !== '');
    for (let length = 1; length <= parts.length; length++) {
      const isLast = length === parts.length;
      const candidate = parts.slice(0, length).join('/') + (isLast && !inside.endsWith('/') ? '' : '/');
      if (this.#rules.test(candidate).unignored) return true;
    }
    return false;
  }

  #relative(path: string): string | undefined {
    const inside = relative(this.#project, path);
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) return undefined;
    return path.endsWith('/') ? `${inside}/` : inside;
  }
}
