import { targetSettings, type TargetSettings } from '../../src/contract/target-settings.js';

/**
 * The settings of a target without a name, in the flat form of the settings file; missing fields have their defaults.
 */
export function settingsAt(url: string, own: Readonly<Record<string, unknown>> = {}): TargetSettings {
  return targetSettings.parse({ name: '', url, ...own });
}
