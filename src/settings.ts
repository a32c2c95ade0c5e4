import type { TranslationBundle } from '@jupyterlab/translation';
import * as z from 'zod';
import {
  issuesText,
  targetSettings,
  type ShipRequestInput,
  type TargetSettings
} from '../server/src/contract/index.js';
import { ShipEnvError } from './errors.js';

/** Where the cell goes when the notebook has none yet. */
export type InsertPosition = 'before-session' | 'top';

/** schema/plugin.json, as the settings registry composes it from defaults and the person's file. */
const settings = z.object({
  defaultTarget: z.string(),
  targets: z.array(targetSettings),
  master: z.string(),
  excludes: z.array(z.string()),
  allowSecrets: z.array(z.string()),
  allowLinks: z.array(z.string()),
  insertPosition: z.enum(['before-session', 'top'])
});
export type Settings = z.infer<typeof settings>;

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
      trans.__('The default target is "%1"; the settings hold these targets: %2.', from.defaultTarget, names),
      { hint: trans.__('Choose another default target or add this one in the settings panel.') }
    );
  }
  if (others.length > 0) {
    throw new ShipEnvError('SETTINGS_INVALID', trans.__('More than one target is called "%1".', target.name), {
      hint: trans.__('Give each target a name of its own in the settings panel.')
    });
  }
  return target;
}

/** What a ship to the default target asks for, apart from the kernel python. */
export function requestFrom(
  from: Settings,
  trans: TranslationBundle
): Omit<ShipRequestInput, 'python'> & { target: TargetSettings } {
  return {
    target: defaultTarget(from, trans),
    master: from.master,
    excludes: from.excludes,
    allowSecrets: from.allowSecrets,
    allowLinks: from.allowLinks
  };
}
