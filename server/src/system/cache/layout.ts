import { randomUUID } from 'node:crypto';
import { join, sep } from 'node:path';
import { ownerName } from '../process/owner.js';
import { FOLDER_KIND_NAMES, KIND_NAMES, VERSIONS, type CacheKind, type FolderKind } from './kinds.js';

/** The paths in a cache folder. Nothing here touches the disk. */
export class CacheLayout {
  /** The cache folder. */
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** The path of an entry, whether it exists or not: `<root>/segments/v3/ab/abcdef….zip`. */
  path(kind: CacheKind | FolderKind, name: string): string {
    return join(this.folderOf(kind), name.slice(0, 2), name);
  }

  /** A path under `tmp/` that nobody else uses. The caller removes the file; after a kill the next start removes it. */
  temporaryPath(): string {
    return join(this.root, 'tmp', `${ownerName()}.${randomUUID()}`);
  }

  /** The folder of a kind's entries, in the format of this release. */
  folderOf(kind: CacheKind | FolderKind): string {
    return join(this.root, kind, VERSIONS[kind]);
  }

  /** The entry of a {@link FolderKind} that contains this path; undefined when there is none. */
  entryFolderOf(path: string): string | undefined {
    const kind = FOLDER_KIND_NAMES.find(name => path.startsWith(this.folderOf(name) + sep));
    if (kind === undefined) return undefined;
    const [, name] = path.slice(this.folderOf(kind).length + 1).split(sep);
    return name === undefined ? undefined : this.path(kind, name);
  }

  /** Whether this is the path of an entry in the format of this release. */
  holds(path: string): boolean {
    return KIND_NAMES.some(kind => path.startsWith(this.folderOf(kind) + sep));
  }
}
