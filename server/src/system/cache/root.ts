import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The absolute path of the folder of the local cache: `$SHIP_ENV_CACHE`, else `$XDG_CACHE_HOME/ship-env`, else `~/.cache/ship-env`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const { SHIP_ENV_CACHE: own, XDG_CACHE_HOME: xdg } = env;
  // The programs that a ship starts have another working directory.
  if (own) return resolve(own);
  return resolve(xdg || join(homedir(), '.cache'), 'ship-env');
}
