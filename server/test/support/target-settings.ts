import { targetSettings, type TargetSettings } from '../../src/contract/target-settings.js';

/** The settings of a target without a name, as a person writes them: flat, whatever is not said at its default. */
export function settingsAt(url: string, own: Readonly<Record<string, unknown>> = {}): TargetSettings {
  return targetSettings.parse({ name: '', url, ...own });
}
