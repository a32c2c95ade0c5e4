import type { Decision, Option } from './declaration.js';
import { OPTIONS } from './options.js';

type Options = typeof OPTIONS;
/** The names of what has that door. */
type Having<Door extends keyof Decision> = {
  [Name in keyof Options]: Options[Name] extends Record<Door, unknown> ? Name : never;
}[keyof Options];
export type RequestName = Having<'request'>;
export type SettingName = Having<'setting'>;
export type OptionName = Having<'option'>;

type ValueOf<Of extends Option> = Of extends { value: 'age' | 'count' }
  ? number
  : Of['flags'] extends `${string}...>`
    ? string[]
    : Of['flags'] extends `${string}>`
      ? string
      : true;
/** What a command line says; an option that it does not have is absent. */
export type OptionValues = { [Name in OptionName]?: ValueOf<Options[Name]['option']> };

function having<Door extends keyof Decision>(door: Door): [Having<Door>, NonNullable<Decision[Door]>][] {
  const all = Object.entries<Decision>(OPTIONS) as [Having<Door>, Decision][];
  return all.flatMap(([name, { [door]: entry }]) => (entry === undefined ? [] : [[name, entry]]));
}

/** Each option of the command line, by its name in {@link OptionValues}. */
export const COMMAND_OPTIONS = having('option');
/** Each setting, by its name in the settings file. */
export const SETTINGS = having('setting');

/** The types of the fields that a request has by {@link OPTIONS}. */
export const requestShape = Object.fromEntries(having('request')) as {
  [Name in RequestName]: Options[Name]['request'];
};
/** The types of the settings. */
export const settingsShape = Object.fromEntries(SETTINGS.map(([name, { type }]) => [name, type])) as {
  [Name in SettingName]: Options[Name]['setting']['type'];
};
