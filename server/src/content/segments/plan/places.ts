import { posix } from 'node:path';
import type { Distribution, Interpreter } from '../../../contract/snapshot.js';
import { normalizeName } from '../../../python/names.js';
import { headersVersion } from '../../../python/wheel-name.js';

/** The place of an installed file in its wheel's directory. */
export interface Place {
  /** Path inside the directory. */
  readonly name: string;
  readonly isScript: boolean;
}

/** Matches the prefix in front of `lib/python3.11/site-packages`, which contains `bin`, `include` and `share`. */
const SITE_DIRECTORY = /^(.*?)\/(?:lib|lib64)\/(?:python|pypy)[\d.]*t?\/(?:site|dist)-packages$/;

/**
 * The place of each file in the pex tool's "installed wheel chroot" (pex/pep_427.py, InstallPaths.chroot): modules are at the
 * root; scripts, C headers and data are under `.prefix`.
 *
 * @returns a function from a path as in RECORD to its place; undefined for a path outside of the environment
 */
export function placesOf(distribution: Distribution, interpreter: Interpreter): (path: string) => Place | undefined {
  const { location, tags, name } = distribution;
  const prefix =
    SITE_DIRECTORY.exec(location)?.[1] ?? (distribution.layer === 'base' ? interpreter.basePrefix : interpreter.prefix);
  const sites = [location, ...interpreter.siteDirectories.map(site => site.path)];
  const headers = `.prefix/include/site/python${headersVersion(tags)}/${name}`;
  return path => {
    const absolute = posix.resolve(location, path);
    // A distribution may have two site directories, lib and lib64. Both become the root of its wheel.
    for (const site of sites) {
      const inside = below(site, absolute);
      if (inside !== undefined) return { name: inside, isScript: false };
    }
    const inside = below(prefix, absolute);
    if (inside === undefined) return undefined;
    if (inside.startsWith('bin/')) return { name: `.prefix/${inside}`, isScript: true };
    const header = /^include\/site\/python[^/]*\/([^/]+)\/(.+)$/.exec(inside);
    if (header !== null && normalizeName(header[1] ?? '') === distribution.normalizedName) {
      return { name: `${headers}/${header[2]}`, isScript: false };
    }
    return { name: `.prefix/data/${inside}`, isScript: false };
  };
}

function below(directory: string, path: string): string | undefined {
  const start = directory.endsWith('/') ? directory : `${directory}/`;
  return path.startsWith(start) && path.length > start.length ? path.slice(start.length) : undefined;
}
