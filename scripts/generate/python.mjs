/** What the Python half shares with the contract: a module of plain values, and two lines of what travels in artifacts. */
import { betweenMarkers } from './markers.mjs';
import { pythonText } from './python-text.mjs';

/** @typedef {import('./declarations.mjs').Declarations} Declarations */

const HEAD = `"""What the Python half shares with the Node half: plain values, no import.

Generated from server/src/contract by \`npm run generate\`. Change it there, not here.
"""

from __future__ import annotations
`;

/**
 * @param {Declarations} declarations
 * @returns {string} jupyterlab_ship_env/_contract.py
 */
export function contractModule({ ERRORS, STEP_NAMES, STEP_STATES, LIVE_STATES, ROUTES, TOKEN_HEADER, BODY_LIMIT }) {
  const codes = Object.keys(ERRORS).map(code => `        ${pythonText(code)},\n`);
  const errors = Object.entries(ERRORS).map(([code, { status, title }]) => [code, [status, title]]);
  return [
    HEAD,
    '# Type checkers know the name; importing it from `typing` takes longer than all the rest.',
    'TYPE_CHECKING = False',
    'if TYPE_CHECKING:',
    '    from typing import Literal\n',
    `    ErrorCode = Literal[\n${codes.join('')}    ]\n`,
    ...value(
      'ERRORS',
      Object.fromEntries(errors),
      'Each error: the HTTP status of a route that fails with it, and a title.'
    ),
    ...value('STEP_NAMES', STEP_NAMES, 'The steps of a ship, in their order.'),
    ...value('STEP_STATES', STEP_STATES, 'How far a step is.'),
    ...value('LIVE_STATES', LIVE_STATES, 'What a running session did with new code.'),
    ...value('SHIPS_PATH', ROUTES.ships, 'Path of the ships below the root of the sidecar.'),
    ...value('TOKEN_HEADER', TOKEN_HEADER, 'The header with which a request proves that this server sends it.'),
    ...value('BODY_LIMIT', BODY_LIMIT, 'Bytes that the body of a request may have.'),
    ''
  ].join('\n');
}

/**
 * @param {Declarations} declarations
 * @param {string} module text of jupyterlab_ship_env/runtime/ship_env_code.py: it travels without the package around it
 */
export function withPointerNames({ POINTER_SCHEMA, POINTER_NAME }, module) {
  const lines = [`SCHEMA = ${POINTER_SCHEMA}`, `POINTER = re.compile(r"${POINTER_NAME}")`];
  return betweenMarkers(module, 'pointer files', lines);
}

/**
 * @param {string} name
 * @param {unknown} of
 * @param {string} comment
 */
function value(name, of, comment) {
  return [`#: ${comment}`, `${name} = ${pythonText(of)}`];
}
