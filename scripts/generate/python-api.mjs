/** jupyterlab_ship_env/api/_options.py: the keyword arguments of the Python API, from the options of the commands. */
import { pythonText } from './python-text.mjs';

/** @typedef {import('./declarations.mjs').Declarations} Declarations */
/** @typedef {Declarations['COMMAND_OPTIONS'][number][1]} Option */
/** @typedef {{ name: string, flag: string, kind: 'flag' | 'text' | 'list', help: string, type: string }} Argument */

/** The functions of the API that take the options of a command. */
const COMMANDS = /** @type {const} */ (['ship', 'config']);

/** Options of the command line that choose how it prints. */
const NOT_IN_PYTHON = new Set(['as', 'json']);

/**
 * What an option means here where the command line means something else.
 *
 * @type {Readonly<Record<string, string>>}
 */
const HELP = {
  python: 'the python whose environment ships, or the folder of its environment (default: the one that runs this)'
};

const HEAD = `"""The keyword arguments of the Python API: the options of the command line.

Generated from server/src/contract/options.ts by \`npm run generate\`. Change it there, not here.
"""

from __future__ import annotations

# Type checkers know this name; importing it from \`typing\` would take longer than all other imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal, TypedDict

    class Argument(TypedDict):
        """A keyword argument that is an option of the command line."""

        flag: str
        kind: Literal["flag", "text", "list"]
        help: str

`;

/**
 * @param {Declarations} declarations
 * @returns {string}
 */
export function apiOptionsModule(declarations) {
  const commands = COMMANDS.map(command => ({ command, taken: argumentsOf(command, declarations) }));
  return [
    HEAD,
    commands.map(({ command, taken }) => typeOf(command, taken)).join('\n\n'),
    '\n\n\n',
    '#: Each keyword argument, with its option of the command line.\n',
    `ARGUMENTS: dict[str, Argument] = ${pythonText(tableOf(commands.flatMap(({ taken }) => taken)))}\n`,
    ...commands.map(({ command, taken }) => `${command.toUpperCase()} = ${pythonText(taken.map(({ name }) => name))}\n`)
  ].join('');
}

/** @param {readonly Argument[]} taken */
function tableOf(taken) {
  return Object.fromEntries(taken.map(({ name, flag, kind, help }) => [name, { flag, kind, help }]));
}

/**
 * @param {(typeof COMMANDS)[number]} command
 * @param {readonly Argument[]} taken
 */
function typeOf(command, taken) {
  const fields = taken.map(({ name, type, help }) => `        ${name}: ${type}\n        ${pythonDoc(help)}`);
  return [
    `    class ${command.charAt(0).toUpperCase()}${command.slice(1)}Options(TypedDict, total=False):`,
    `        """Keyword arguments of \`\`ship_env.${command}\`\`."""\n`,
    ...fields
  ].join('\n');
}

/**
 * The arguments that a function takes, in the order of the command's help.
 *
 * @param {(typeof COMMANDS)[number]} command
 * @param {Declarations} declarations
 * @returns {Argument[]}
 */
export function argumentsOf(command, { COMMAND_OPTIONS }) {
  return COMMAND_OPTIONS.flatMap(([name, option]) => {
    const isTaken = option.isHidden !== true && !NOT_IN_PYTHON.has(name) && option.commands.includes(command);
    return isTaken ? [argumentOf({ ...option, help: HELP[name] ?? option.help })] : [];
  });
}

/**
 * @param {Option} option
 * @returns {Argument}
 */
function argumentOf({ flags, help, choices }) {
  const [, long = '', placeholder, dots] = /--(\S+)(?: <(.+?)(\.\.\.)?>)?$/u.exec(flags) ?? [];
  const kind = placeholder === undefined ? 'flag' : dots === undefined ? 'text' : 'list';
  const text = choices === undefined ? 'str' : `Literal[${choices.map(choice => pythonText(choice)).join(', ')}]`;
  return {
    name: long.replaceAll('-', '_'),
    flag: `--${long}`,
    kind,
    help: `${help.charAt(0).toUpperCase()}${help.slice(1)}.`,
    type: { flag: 'bool', text, list: 'Sequence[str]' }[kind]
  };
}

/** @param {string} text */
function pythonDoc(text) {
  return `"""${text.replaceAll('\\', '\\\\')}"""`;
}
