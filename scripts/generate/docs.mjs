/** The tables of the documentation that are generated from the contract. */
import { betweenMarkers } from './markers.mjs';
import { argumentsOf } from './python-api.mjs';

/** @typedef {import('./declarations.mjs').Declarations} Declarations */

/** @type {Readonly<Record<string, (declarations: Declarations) => string[]>>} */
const TABLES = {
  settings: ({ SETTINGS }) =>
    table(
      ['setting', 'in the file', 'meaning', 'default'],
      SETTINGS.map(([name, setting]) => [setting.title, code(name), setting.description, defaultOf(setting)])
    ),
  'target fields': ({ TARGET_KINDS, fieldsOf }) =>
    table(
      ['kind', 'field', 'in the file', 'meaning', 'default'],
      Object.entries(TARGET_KINDS).flatMap(([kind, { example }]) =>
        Object.entries(fieldsOf(/** @type {keyof typeof TARGET_KINDS} */ (kind))).map(([name, type]) => {
          const { title = name, description = '' } = type.meta() ?? {};
          return [code(example), title, code(name), description, shown(type.parse(undefined))];
        })
      )
    ),
  'python arguments': declarations =>
    table(
      ['argument', 'meaning', 'functions'],
      unionOf(argumentsOf('ship', declarations), argumentsOf('config', declarations)).map(
        ({ name, help, kind, functions }) => [
          code(name),
          `${help}${kind === 'list' ? ' A list.' : ''}`,
          functions.map(each => code(each)).join(', ')
        ]
      )
    ),
  commands: ({ COMMANDS }) =>
    table(
      ['command', 'what it does'],
      Object.entries(COMMANDS).map(([name, help]) => [code(`ship-env ${name}`), sentence(help)])
    ),
  options: ({ COMMANDS, COMMAND_OPTIONS }) =>
    table(
      ['option', 'meaning', 'commands', 'magic'],
      COMMAND_OPTIONS.filter(([, { isHidden }]) => isHidden !== true).map(
        ([, { flags, help, commands, magic, choices, default: usual }]) => [
          code(flags),
          sentence(
            `${help}${choices === undefined ? '' : `: ${choices.join(', ')}`}${usual === undefined ? '' : ` (default: ${usual})`}`
          ),
          commands.length === Object.keys(COMMANDS).length ? 'all' : commands.map(code).join(', '),
          magic === true ? 'yes' : ''
        ]
      )
    )
};

/**
 * @param {Declarations} declarations
 * @param {string} page text of a page of the documentation
 * @returns {string} the page with up-to-date tables
 */
export function withTables(declarations, page) {
  return Object.entries(TABLES).reduce(
    (text, [name, linesOf]) =>
      text.includes(`<!-- generated: ${name} -->`) ? betweenMarkers(text, name, linesOf(declarations)) : text,
    page
  );
}

/**
 * @param {import('./python-api.mjs').Argument[]} ship
 * @param {import('./python-api.mjs').Argument[]} config
 */
function unionOf(ship, config) {
  const names = new Set([...ship, ...config].map(({ name }) => name));
  return [...names].flatMap(name => {
    const inShip = ship.find(each => each.name === name);
    const inConfig = config.find(each => each.name === name);
    const argument = inShip ?? inConfig;
    const functions = [...(inShip ? ['ship'] : []), ...(inConfig ? ['config'] : [])];
    return argument === undefined ? [] : [{ ...argument, functions }];
  });
}

/** @param {import('../../server/src/contract/index.js').Setting} setting */
function defaultOf({ type, choices }) {
  const value = type.parse(undefined);
  return typeof value === 'string' && choices !== undefined ? `${code(value)}: ${choices[value]}` : shown(value);
}

/** @param {unknown} value */
function shown(value) {
  if (Array.isArray(value)) {
    return value.map(item => code(typeof item === 'string' ? item : item.url)).join(', ') || 'none';
  }
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }
  return value === '' ? 'empty' : code(String(value));
}

/** @param {string} text */
function code(text) {
  return `\`${text}\``;
}

/** @param {string} text without a capital letter and a full stop */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/**
 * @param {string[]} titles
 * @param {string[][]} rows
 */
function table(titles, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return ['', line(titles), line(titles.map(() => '---')), ...rows.map(line), ''];
}
