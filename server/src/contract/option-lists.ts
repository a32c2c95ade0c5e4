import type { Decision, Option } from './declaration.js';
import { OPTIONS } from './options.js';

type Options = typeof OPTIONS;
/** The names of the decisions that have this entry. */
type NameWith<Entry extends keyof Decision> = {
  [Name in keyof Options]: Options[Name] extends Record<Entry, unknown> ? Name : never;
}[keyof Options];
export type RequestName = NameWith<'request'>;
export type SettingName = NameWith<'setting'>;
export type OptionName = NameWith<'option'>;

type ValueOf<Entry extends Option> = Entry extends { value: 'age' | 'count' }
  ? number
  : Entry['flags'] extends `${string}...>`
    ? string[]
    : Entry['flags'] extends `${string}>`
      ? string
      : true;
/** The options of a command line. An option that was not given is absent. */
export type OptionValues = { [Name in OptionName]?: ValueOf<Options[Name]['option']> };

function allWith<Entry extends keyof Decision>(kind: Entry): [NameWith<Entry>, NonNullable<Decision[Entry]>][] {
  const all = Object.entries<Decision>(OPTIONS) as [NameWith<Entry>, Decision][];
  return all.flatMap(([name, { [kind]: entry }]) => (entry === undefined ? [] : [[name, entry]]));
}

/** Each option of the command line, by its name in {@link OptionValues}. */
export const COMMAND_OPTIONS = allWith('option');
/** Each setting, by its name in the settings file. */
export const SETTINGS = allWith('setting');

/** The types of the fields of a request that {@link OPTIONS} declares. */
export const requestShape = Object.fromEntries(allWith('request')) as {
  [Name in RequestName]: Options[Name]['request'];
};
/** The types of the settings. */
export const settingsShape = Object.fromEntries(SETTINGS.map(([name, { type }]) => [name, type])) as {
  [Name in SettingName]: Options[Name]['setting']['type'];
};
