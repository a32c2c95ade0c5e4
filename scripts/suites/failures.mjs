/** Names the failed tests at the end of the output, since many tools show only the end of a long output. */
import { stripVTControlCharacters } from 'node:util';
import { heading, red } from '../lib/terminal.mjs';

/** How many lines of a message are shown; only one when so many tests failed that nobody would read more. */
const LINES = 8;
const MANY_FAILURES = 20;
const WIDTH = 240;

/**
 * @param {string} message
 * @param {number} [count]
 * @returns {string[]} the first lines of the message, and the first place of the stack in our own files
 */
export function excerptOf(message, count = LINES) {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map(line => line.trimEnd().slice(0, WIDTH))
    .filter(line => line !== '');
  const isPlace = (/** @type {string} */ line) => /^\s+at /.test(line);
  const place = lines.find(line => isPlace(line) && !/node_modules|node:/.test(line));
  const said = lines.filter(line => !isPlace(line)).slice(0, count);
  return place === undefined ? said : [...said, place.trim()];
}

/** @param {readonly {name: string, failures: import('./reports.mjs').Failure[]}[]} suites */
export function printFailures(suites) {
  const all = suites.flatMap(({ name, failures }) => failures.map(failure => ({ name, ...failure })));
  if (all.length === 0) {
    return;
  }
  heading('Failed');
  for (const { name, file, test, message } of all) {
    console.log(`${red('✗')} ${[name, file, test].filter(part => part !== '').join(' | ')}`);
    excerptOf(message, all.length > MANY_FAILURES ? 1 : LINES).forEach(line => console.log(`    ${line}`));
  }
}
