import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { issuesText } from '../contract/issues.js';
import { settings, type Settings } from '../contract/settings.js';
import { TARGET_URLS, targetSettings, type TargetSettings } from '../contract/target-settings.js';
import { ShipEnvError, hasCode } from '../errors.js';
import { shownUrl } from '../targets/url.js';
import { FILE_KINDS, UnusableFile, readBounded } from '../system/files/read.js';

/**
 * Reads the file that the settings panel saved: `jupyterlab-ship-env/plugin.jupyterlab-settings` (JSON5) in
 * JupyterLab's user settings folder (`$JUPYTERLAB_SETTINGS_DIR`, else `$JUPYTER_CONFIG_DIR` or `~/.jupyter`, then
 * `lab/user-settings`).
 *
 * @throws ShipEnvError SETTINGS_INVALID when the file exists but is not one that the panel writes
 */
export async function readSettings(env: NodeJS.ProcessEnv = process.env): Promise<Settings> {
  const path = settingsPath(env);
  let text: string;
  try {
    text = (await readBounded(path, FILE_KINDS.settings)).toString('utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return settings.parse({});
    throw error instanceof UnusableFile ? error : invalid(path, 'it cannot be read', error);
  }
  let content: unknown;
  try {
    content = (await import('json5')).default.parse(text);
  } catch (error) {
    throw invalid(path, 'it is not JSON', error);
  }
  const parsed = settings.safeParse(content);
  if (!parsed.success) throw invalid(path, issuesText(parsed.error));
  return parsed.data;
}

const BYTES_PER_GB = 1e9;

/**
 * Bytes that the local cache may hold: `$SHIP_ENV_CACHE_LIMIT` (in GB), else the limit in the settings.
 *
 * @throws ShipEnvError SETTINGS_INVALID
 */
export async function readCacheLimit(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const text = env['SHIP_ENV_CACHE_LIMIT']?.trim();
  if (!text) return (await readSettings(env)).cacheLimit * BYTES_PER_GB;
  const gigabytes = Number(text);
  if (gigabytes >= 0 && Number.isFinite(gigabytes)) return gigabytes * BYTES_PER_GB;
  throw new ShipEnvError(
    'SETTINGS_INVALID',
    `SHIP_ENV_CACHE_LIMIT must be a number of GB, such as 20; it is "${text}".`,
    { hint: 'Correct the variable, or unset it to use the limit in the settings.' }
  );
}

/**
 * The target that a name or URL means.
 *
 * @param wanted - a URL, a name from the settings, or undefined for the default target
 * @throws ShipEnvError TARGET_UNKNOWN, whose message names the targets in the settings
 */
export function resolveTarget(wanted: string | undefined, from: Settings): TargetSettings {
  if (wanted?.includes('://')) return targetSettings.parse({ name: '', url: wanted });
  const name = wanted ?? from.defaultTarget;
  const found = from.targets.find(target => target.name === name);
  if (found !== undefined) return found;
  const names = from.targets.map(target => target.name).join(', ') || 'none';
  if (wanted === undefined) {
    throw new ShipEnvError(
      'TARGET_UNKNOWN',
      `The settings name ${shownUrl(name)} as the default target, but have no such target; they have: ${names}.`,
      { hint: 'Choose another one under Settings > Ship env to cluster, or name a target: --target.' }
    );
  }
  throw new ShipEnvError(
    'TARGET_UNKNOWN',
    `The settings have no target named ${shownUrl(name)}; they have: ${names}.`,
    {
      hint: /^(?:file:|\.{0,2}\/)[^@?#]*$/.test(name)
        ? `A directory is written as a URL: ${pathToFileURL(name.replace(/^file:/, '')).href}.`
        : `Add it under Settings > Ship env to cluster, or give a URL such as ${TARGET_URLS}.`
    }
  );
}

function settingsPath(env: NodeJS.ProcessEnv): string {
  const folder =
    env['JUPYTERLAB_SETTINGS_DIR'] ??
    join(env['JUPYTER_CONFIG_DIR'] ?? join(homedir(), '.jupyter'), 'lab', 'user-settings');
  return join(folder, 'jupyterlab-ship-env', 'plugin.jupyterlab-settings');
}

function invalid(path: string, why: string, cause?: unknown): ShipEnvError {
  return new ShipEnvError('SETTINGS_INVALID', `The settings in ${path} cannot be used: ${why}.`, {
    hint: 'Correct them under Settings > Ship env to cluster, or delete the file to start from the defaults.',
    cause
  });
}
