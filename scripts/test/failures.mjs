/** Names the tests that failed, at the end of the output: of a long run, many tools show the end only. */
import { stripVTControlCharacters } from 'node:util';
import { heading, red } from '../lib/terminal.mjs';

/** Lines of a message that are shown; one when so many tests failed that nobody would read the rest. */
const LINES = 8;
const MANY_FAILURES = 20;
const WIDTH = 240;

/**
 * @param {string} message
 * @param {number} [count]
 * @returns {string[]} the first lines of what it says, and the first place in our own files of its stack
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
