import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CommandName, Option as Declared } from '../contract/declaration.js';
import { COMMAND_OPTIONS, type OptionName, type OptionValues } from '../contract/option-lists.js';

/** Gives a command the options that the contract declares for it. */
export function addOptions(command: Command, name: CommandName): void {
  for (const [, declared] of optionsOf(name)) command.addOption(optionFor(declared));
}

/** The options that commander parsed, under their names in the contract. */
export function valuesOf(command: Command): OptionValues {
  const read = command.opts();
  return Object.fromEntries(
    COMMAND_OPTIONS.flatMap(([name, { flags }]) => {
      const value: unknown = read[new Option(flags).attributeName()];
      return value === undefined ? [] : [[name, value]];
    })
  );
}

/** The same options as words of a command line, as far as the command takes them. */
export function wordsOf(values: OptionValues, command: CommandName): string[] {
  return optionsOf(command).flatMap(([name, { flags }]) => {
    const value = values[name];
    if (value === undefined) return [];
    const { long = '' } = new Option(flags);
    return value === true ? [long] : [long, value].flat().map(String);
  });
}

function optionsOf(command: CommandName): [OptionName, Declared][] {
  return COMMAND_OPTIONS.filter(([, { commands }]) => commands.includes(command));
}

function optionFor(declared: Declared): Option {
  const option = new Option(declared.flags, declared.help);
  const parse = declared.value === undefined ? undefined : PARSERS[declared.value];
  if (parse !== undefined) option.argParser(parse);
  if (declared.choices !== undefined) option.choices(declared.choices);
  if (declared.default !== undefined) option.default(parse?.(declared.default) ?? declared.default, declared.default);
  if (declared.conflicts !== undefined) option.conflicts([...declared.conflicts]);
  option.makeOptionMandatory(declared.isRequired === true);
  return option.hideHelp(declared.isHidden === true);
}

const PARSERS: Readonly<Record<NonNullable<Declared['value']>, (text: string) => string | number>> = {
  // An empty text mostly comes from a shell variable that is not set. That is a mistake, not a wish for the default.
  name: text => {
    if (text !== '') return text;
    throw new InvalidArgumentError('The value is empty. Leave the option out to get the default.');
  },
  age: text => {
    const [, digits, unit = ''] = /^(\d{1,6})([mhdw])$/u.exec(text.trim()) ?? [];
    const ms = DURATION_UNITS.get(unit);
    if (digits !== undefined && ms !== undefined) return Number(digits) * ms;
    throw new InvalidArgumentError('Write a whole number and a unit: 30d, 12h, 90m or 2w.');
  },
  count: text => {
    if (/^\d{1,6}$/u.test(text.trim())) return Number(text);
    throw new InvalidArgumentError('Write a whole number: 0, 5, …');
  }
};

/** Milliseconds. */
const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000]
]);
