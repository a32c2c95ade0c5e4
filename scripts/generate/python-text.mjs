/** Values as Python source text, in the layout of `ruff format`. A list becomes a tuple. */

/** A tuple or a dictionary that is longer than this has one item on each line. */
const LINE = 80;

/**
 * @param {unknown} value text, number, boolean or null, or a list or an object of such
 * @param {string} [indent] of the line on which the value begins
 * @returns {string}
 */
export function pythonText(value, indent = '') {
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (value === null) {
    return 'None';
  }
  if (typeof value === 'number') {
    return `${value}`;
  }
  if (typeof value === 'string') {
    return textLiteral(value);
  }
  const deeper = `${indent}    `;
  if (Array.isArray(value)) {
    const items = value.map(item => pythonText(item, deeper));
    return block(['(', ')'], items, indent);
  }
  if (typeof value !== 'object') {
    throw new TypeError(`A ${typeof value} has no Python text.`);
  }
  const entries = Object.entries(value).map(([key, item]) => `${textLiteral(key)}: ${pythonText(item, deeper)}`);
  return block(['{', '}'], entries, indent);
}

/** @param {string} value */
function textLiteral(value) {
  // Python has the same escapes as JSON.
  return value.includes('"') && !/['\\]/.test(value) ? `'${value}'` : JSON.stringify(value);
}

/**
 * @param {[open: string, close: string]} brackets
 * @param {string[]} items
 * @param {string} indent
 */
function block([open, close], items, indent) {
  // A tuple of one item needs a comma.
  const comma = open === '(' && items.length === 1 ? ',' : '';
  const line = `${open}${items.join(', ')}${comma}${close}`;
  if (!line.includes('\n') && line.length <= LINE) {
    return line;
  }
  return `${open}\n${items.map(item => `${indent}    ${item},\n`).join('')}${indent}${close}`;
}
