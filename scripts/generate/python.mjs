/** The parts of the contract that Python needs: a module of plain values, and two lines of a module for artifacts. */
import { betweenMarkers } from './markers.mjs';
import { pythonText } from './python-text.mjs';

/** @typedef {import('./declarations.mjs').Declarations} Declarations */

const HEAD = `"""Constants that Python and TypeScript share: plain values, no import.

Generated from server/src/contract by \`npm run generate\`. Change it there, not here.
"""

from __future__ import annotations
`;

const MAGIC_OPTION = `    class MagicOption(TypedDict):
        """An option of the magic, which passes it on to the command line."""

        flags: tuple[str, ...]
        """The last flag is the long one."""
        metavar: Optional[str]
        """Name of its value in the help; None: the option takes no value."""
        is_list: bool
        """Whether it takes one value or more."""
        help: Optional[str]
        """None: the help does not show the option."""

`;

/**
 * @param {Declarations} declarations
 * @returns {string} jupyterlab_ship_env/_contract.py
 */
export function contractModule(declarations) {
  const { ERRORS, STEP_NAMES, STEP_STATES, LIVE_STATES, ROUTES, TOKEN_HEADER, BODY_LIMIT, CANCEL_BUDGET_MS } =
    declarations;
  const codes = Object.keys(ERRORS).map(code => `        ${pythonText(code)},\n`);
  const errors = Object.entries(ERRORS).map(([code, { status, title }]) => [code, [status, title]]);
  return [
    HEAD,
    '# Type checkers know this name; importing it from `typing` would take longer than all other imports.',
    'TYPE_CHECKING = False',
    'if TYPE_CHECKING:',
    '    from typing import Literal, Optional, TypedDict\n',
    `    ErrorCode = Literal[\n${codes.join('')}    ]\n`,
    `    LiveState = Literal[${LIVE_STATES.map(state => pythonText(state)).join(', ')}]\n`,
    MAGIC_OPTION,
    ...value(
      'ERRORS',
      Object.fromEntries(errors),
      'Each error: the HTTP status of a route that fails with it, and a title.'
    ),
    ...value('STEP_NAMES', STEP_NAMES, 'The steps of a ship, in their order.'),
    ...value('STEP_STATES', STEP_STATES, 'The states of a step.'),
    '#: The outcomes of giving new code to a running session.',
    `LIVE_STATES: tuple[LiveState, ...] = ${pythonText(LIVE_STATES)}`,
    '#: The options of %ship_env and %%ship_env, in the order of their help.',
    `MAGIC_OPTIONS: tuple[MagicOption, ...] = ${pythonText(magicOptions(declarations))}`,
    ...value('SHIPS_PATH', ROUTES.ships, 'Path of the ships below the root of the sidecar.'),
    ...value('TOKEN_HEADER', TOKEN_HEADER, 'The header that proves that this server sends a request.'),
    ...value('BODY_LIMIT', BODY_LIMIT, 'Most bytes in the body of a request.'),
    ...value(
      'CANCEL_BUDGET_S',
      CANCEL_BUDGET_MS / 1000,
      'Seconds that a cancelled ship may take until its process has ended (server/src/ship/cancel-budget.ts).'
    ),
    ''
  ].join('\n');
}

/**
 * @param {Declarations} declarations
 * @param {string} module text of jupyterlab_ship_env/runtime/ship_env_code.py: artifacts hold it without the package
 *   around it
 */
export function withPointerNames({ POINTER_SCHEMA, POINTER_NAME }, module) {
  const lines = [`SCHEMA = ${POINTER_SCHEMA}`, `POINTER = re.compile(r"${POINTER_NAME}")`];
  return betweenMarkers(module, 'pointer files', lines);
}

/**
 * @param {Declarations} declarations
 * @param {string} module text of jupyterlab_ship_env/api/current.py: artifacts hold it, and not the module of constants
 */
export function withCurrent({ CURRENT_VARIABLE, LIST_PROPERTIES, POINTER_NAME, SESSION_PROPERTY }, module) {
  const pattern = SESSION_PROPERTY.split(/(?<=\|)(?=spark)/u).map(part => `    r"${part}"`);
  return betweenMarkers(module, 'current', [
    `VARIABLE = ${pythonText(CURRENT_VARIABLE)}`,
    `LISTS = ${pythonText(LIST_PROPERTIES)}`,
    `PROPERTY = re.compile(\n${pattern.join('\n')}\n)`,
    `POINTER = re.compile(r"${POINTER_NAME}")`
  ]);
}

/**
 * @param {string} name
 * @param {unknown} of
 * @param {string} comment
 */
function value(name, of, comment) {
  return [`#: ${comment}`, `${name} = ${pythonText(of)}`];
}

/** @param {Declarations} declarations */
function magicOptions({ COMMAND_OPTIONS }) {
  return COMMAND_OPTIONS.filter(([, { magic }]) => magic === true).map(([, { flags, help, isHidden }]) => {
    const [, names = '', placeholder, dots] = /^(.*?)(?: <(.+?)(\.\.\.)?>)?$/u.exec(flags) ?? [];
    const isList = dots !== undefined;
    return {
      flags: names.split(', '),
      // Python's help writes NAME [NAME ...].
      metavar: placeholder?.replace(isList ? /s$/u : /$/u, '').toUpperCase() ?? null,
      is_list: isList,
      // argparse reads a percent sign as the beginning of a name.
      help: isHidden === true ? null : `${help.charAt(0).toUpperCase()}${help.slice(1)}.`.replaceAll('%', '%%')
    };
  });
}
