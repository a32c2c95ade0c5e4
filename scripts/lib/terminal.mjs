/** Prints steps with their time, and tables. Colours appear only on a terminal, and never with NO_COLOR. */
const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;

/** @type {(open: number, close: number) => (text: string) => string} */
const style = (open, close) => text => (colours ? `\u001b[${open}m${text}\u001b[${close}m` : text);
export const bold = style(1, 22);
export const dim = style(2, 22);
export const red = style(31, 39);
export const green = style(32, 39);

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/**
 * @param {number} count
 * @returns {string} the size in decimal units, like those of stores and disks
 */
export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), units.length - 1);
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/**
 * @param {string} path
 * @param {number} [width]
 * @returns {string} the path; its middle is left out when it is longer than that
 */
export function shorten(path, width = 100) {
  const head = Math.floor(width / 4);
  return path.length <= width ? path : `${path.slice(0, head)}…${path.slice(head + 1 - width)}`;
}

/** @param {string} text */
export function heading(text) {
  console.log(`\n${bold(text)}`);
}

/**
 * Prints a finished step: its name, its result, and its time in a separate column.
 *
 * @param {string} name
 * @param {string} detail
 * @param {number} ms
 */
export function stepLine(name, detail, ms) {
  const width = 84;
  const left = `  ${green('✓')} ${name.padEnd(22)} ${detail}`;
  const visible = 4 + Math.max(name.length, 22) + 1 + detail.length;
  console.log(`${left}${' '.repeat(Math.max(2, width - visible))}${dim(seconds(ms).padStart(8))}`);
}

/**
 * Does the work and prints it as a step when it is done.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @param {(result: T) => string} [describe]
 * @returns {Promise<T>}
 */
export async function step(name, work, describe = () => '') {
  const started = performance.now();
  const waiting = process.stdout.isTTY;
  if (waiting) {
    process.stdout.write(dim(`  … ${name}`));
  }
  try {
    const result = await work();
    erase(waiting);
    stepLine(name, describe(result), performance.now() - started);
    return result;
  } catch (error) {
    erase(waiting);
    console.log(`  ${red('✗')} ${name.padEnd(22)} ${dim(seconds(performance.now() - started))}`);
    throw error;
  }
}

/** @param {boolean} waiting */
function erase(waiting) {
  if (waiting) {
    process.stdout.write('\r\u001b[2K');
  }
}

/**
 * Prints aligned columns under a heading line.
 *
 * @param {readonly string[]} header
 * @param {readonly (readonly string[])[]} rows
 */
export function table(header, rows) {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map(row => (row[column] ?? '').length)));
  /** @param {readonly string[]} row */
  const line = row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  console.log(dim(line(header)));
  console.log(dim(line(widths.map(width => '─'.repeat(width)))));
  rows.forEach(row => console.log(line(row)));
}
