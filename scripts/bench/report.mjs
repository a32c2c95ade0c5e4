/** The tables that a benchmark prints. */
import { bytes, dim, green, heading, red, seconds, table } from '../lib/terminal.mjs';

/** @param {import('./results.mjs').Findings} findings */
export function showResults({ rows, verdicts, growth, slopes, upload, firstTask, leftOut }) {
  heading('Measured');
  table(['what', 'who', '  minimum', '   median', 'runs'], cellsOf(rows));
  if (growth.length > 0) {
    heading('Growth');
    table(
      ['distributions', ' files', '   bytes', 'unchanged', '  edited', '   cold', '  memory'],
      growth.map(point => [
        String(point.distributions).padStart(13),
        String(point.files).padStart(6),
        bytes(point.bytes).padStart(8),
        inMs(point.unchangedMs).padStart(9),
        inMs(point.editedMs).padStart(8),
        seconds(point.coldMs).padStart(7),
        bytes(point.peakBytes).padStart(8)
      ])
    );
    Object.entries(slopes).forEach(([axis, texts]) => console.log(dim(`  along ${axis}: ${texts.join(', ')}`)));
  }
  if (upload.length > 0) {
    heading('Upload');
    table(
      ['who', 'parts in flight', 'round trip', '      rate'],
      upload.map(({ who, partsInFlight, roundTripMs, bytesPerSecond }) => [
        who,
        String(partsInFlight).padStart(15),
        inMs(roundTripMs).padStart(10),
        `${bytes(bytesPerSecond)}/s`
      ])
    );
  }
  if (firstTask.length > 0) {
    heading('First task on executors');
    table(
      ['deployment', 'layout', 'state', 'ratio'],
      firstTask.map(({ deployment, layout, state, ratio }) => [deployment, layout, state, ratio.median.toFixed(2)])
    );
  }
  heading('Targets');
  table(...verdictTable(verdicts, { met: green('✓'), missed: red('✗') }));
  leftOut.forEach(text => console.log(`  left out: ${text}`));
}

/**
 * @param {readonly import('./results.mjs').Row[]} rows
 * @returns {string[][]} what, who, minimum, median, runs
 */
export function cellsOf(rows) {
  const show = { ms: inMs, bytes, segments: String, 'bytes/s': (/** @type {number} */ rate) => `${bytes(rate)}/s` };
  return rows.map(({ part, what, unit, minimum, median, runs }) => [
    part,
    what,
    show[unit](minimum).padStart(9),
    show[unit](median).padStart(9),
    String(runs).padStart(4)
  ]);
}

/** @param {number} value */
export function inMs(value) {
  return value < 10_000 ? `${value.toFixed(0)} ms` : seconds(value);
}

/**
 * The targets, and what became of them.
 *
 * @param {readonly import('./results.mjs').Verdict[]} verdicts
 * @param {{met: string, missed: string}} words
 * @returns {[heads: string[], rows: string[][]]}
 */
export function verdictTable(verdicts, { met, missed }) {
  return [
    ['', 'what', 'wanted', 'found', ''],
    verdicts.map(({ target, what, wanted, found, isMet }) => [
      String(target),
      what,
      wanted,
      found,
      isMet ? met : missed
    ])
  ];
}
