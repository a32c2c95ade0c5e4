/**
 * Counts what server/test/faults tried, by kind: injected faults and hostile inputs, and how many of them were survived
 * or caused a loss.
 */
import { existsSync, readFileSync } from 'node:fs';
import { heading, red, table } from '../lib/terminal.mjs';

/**
 * @typedef {object} Attempt
 * @property {string} kind
 * @property {string} what
 * @property {string} [loss] what went wrong
 */

/**
 * @param {string} file lines of JSON, as server/test/faults/tally.ts writes them
 * @returns {Attempt[]}
 */
export function readTally(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.filter(line => line !== '').map(line => JSON.parse(line));
}

/**
 * @param {readonly Attempt[]} attempts
 * @returns {{kind: string, tried: number, survived: number, lost: number}[]}
 */
export function countsOf(attempts) {
  return [...new Set(attempts.map(({ kind }) => kind))].sort().map(kind => {
    const ofKind = attempts.filter(attempt => attempt.kind === kind);
    const lost = ofKind.filter(({ loss }) => loss !== undefined).length;
    return { kind, tried: ofKind.length, survived: ofKind.length - lost, lost };
  });
}

/** @param {readonly Attempt[]} attempts */
export function printTally(attempts) {
  if (attempts.length === 0) {
    return;
  }
  heading('Faults and hostile inputs');
  table(
    ['', 'tried', 'survived', 'lost'],
    countsOf(attempts).map(({ kind, tried, survived, lost }) => [
      kind,
      String(tried).padStart(5),
      String(survived).padStart(8),
      String(lost).padStart(4)
    ])
  );
  for (const { loss } of attempts) {
    if (loss !== undefined) {
      console.log(`${red('✗')} ${loss}`);
    }
  }
}
