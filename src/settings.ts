import type { TranslationBundle } from '@jupyterlab/translation';
import {
  issuesText,
  requestedBy,
  settings,
  type Settings,
  type ShipRequestInput,
  type TargetSettings
} from '../server/src/contract/index.js';
import { ShipEnvError } from './errors.js';

/**
 * @param composite - `ISettings.composite`
 * @throws ShipEnvError SETTINGS_INVALID
 */
export function parseSettings(composite: unknown, trans: TranslationBundle): Settings {
  const parsed = settings.safeParse(composite);
  if (!parsed.success) {
    throw new ShipEnvError(
      'SETTINGS_INVALID',
      trans.__('The settings of Ship env to cluster cannot be used: %1', issuesText(parsed.error)),
      { hint: trans.__('Correct them in the settings panel.'), cause: parsed.error }
    );
  }
  return parsed.data;
}

/** @throws ShipEnvError TARGET_UNKNOWN when no target has the default's name, SETTINGS_INVALID when two have it */
export function defaultTarget(from: Settings, trans: TranslationBundle): TargetSettings {
  const [target, ...others] = from.targets.filter(candidate => candidate.name === from.defaultTarget);
  if (target === undefined) {
    const names = from.targets.map(candidate => candidate.name).join(', ') || trans.__('none');
    throw new ShipEnvError(
      'TARGET_UNKNOWN',
      trans.__('The default target is "%1", but the settings have only these targets: %2.', from.defaultTarget, names),
      { hint: trans.__('Choose another default target or add this one in the settings panel.') }
    );
  }
  if (others.length > 0) {
    throw new ShipEnvError('SETTINGS_INVALID', trans.__('More than one target is called "%1".', target.name), {
      hint: trans.__('Give each target its own name in the settings panel.')
    });
  }
  return target;
}

/** The request of a ship to the default target, without the kernel python. */
export function requestFrom(
  from: Settings,
  trans: TranslationBundle
): Omit<ShipRequestInput, 'python'> & { target: TargetSettings } {
  return { ...requestedBy(from), target: defaultTarget(from, trans) };
}
