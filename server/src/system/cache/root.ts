import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of the local cache: `$SHIP_ENV_CACHE`, else `$XDG_CACHE_HOME/ship-env`, else `~/.cache/ship-env`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const { SHIP_ENV_CACHE: own, XDG_CACHE_HOME: xdg } = env;
  if (own) return own;
  return join(xdg || join(homedir(), '.cache'), 'ship-env');
}
