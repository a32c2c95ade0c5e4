import * as z from 'zod';
import { requestShape, settingsShape, type RequestName, type SettingName } from './option-lists.js';

/** What the settings panel saves. An absent setting has its default. */
export const settings = z.object(settingsShape);
export type Settings = z.output<typeof settings>;

/** Where the cell is inserted when the notebook has none yet. */
export type InsertPosition = Settings['insertPosition'];

/** The settings that are also fields of a ship's request. */
export function requestedBy(from: Settings): Pick<Settings, RequestName & SettingName> {
  const repeated = Object.entries(from).filter(([name]) => name in requestShape);
  return Object.fromEntries(repeated) as Pick<Settings, RequestName & SettingName>;
}
