/** Reads and checks the report of the example notebook about its executors. */
import { relative } from 'node:path';

const MIME = 'application/vnd.ship-env.demo+json';

/**
 * @typedef {object} Executor
 * @property {string} executor
 * @property {string} python
 * @property {string} numpy `numpy.__file__`
 * @property {string} harbour `harbour.__file__`
 * @property {string} sklearn version
 *
 * @typedef {object} Report
 * @property {string} kernel the kernel's `sys.prefix`
 * @property {string} source folder of the editable package
 * @property {string} spark version
 * @property {Executor[]} executors
 * @property {number} dot_product
 * @property {Record<string, number>} means
 * @property {Record<string, number>} fees
 */

/**
 * @param {string} notebook text of the executed notebook
 * @returns {Report}
 * @throws {Error} when no cell holds the report
 */
export function reportIn(notebook) {
  /** @type {{cells: {outputs?: {data?: Record<string, unknown>}[]}[]}} */
  const { cells } = JSON.parse(notebook);
  const outputs = cells.flatMap(cell => cell.outputs ?? []);
  const report = outputs.map(output => output.data?.[MIME]).find(data => data !== undefined);
  if (report === undefined) {
    throw new Error('The notebook ran, but none of its cells has the report in its outputs.');
  }
  return /** @type {Report} */ (report);
}

/**
 * Compares the report with the right values.
 *
 * @param {Report} report
 * @param {readonly string[]} forbidden folders that no executor may import from: the kernel's and the sources
 * @returns {{what: string, found: string, wanted: string, isRight: boolean}[]}
 */
export function check(report, forbidden) {
  const { executors, means, fees } = report;
  const places = executors.flatMap(({ python, numpy, harbour }) => [python, numpy, harbour]);
  const strangers = places.filter(place => forbidden.some(folder => isInside(place, folder)));
  const fee = (/** @type {string} */ vessel) => fees[vessel]?.toFixed(2) ?? 'nothing';
  return [
    row('executors that answered', String(executors.length), '2'),
    row("modules from the kernel's folders", String(strangers.length), '0'),
    row('dot product of two arrays', String(report.dot_product), '14'),
    row('pandas UDF mean, id 1', String(means['1']), '1.5'),
    row('pandas UDF mean, id 2', String(means['2']), '6'),
    row('harbour.berth_fee, 7.5 m, 3 days', fee('Albatros'), '37.50'),
    row('harbour.berth_fee, 11 m, 30 days', fee('Berta'), '472.50'),
    row('harbour.berth_fee, 24 m, 2 days', fee('Cormorant'), '148.00')
  ];
}

/**
 * @param {string} what
 * @param {string} found
 * @param {string} wanted
 */
function row(what, found, wanted) {
  return { what, found, wanted, isRight: found === wanted };
}

/**
 * @param {string} path
 * @param {string} folder
 */
export function isInside(path, folder) {
  return !relative(folder, path).startsWith('..');
}
