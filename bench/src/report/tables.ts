/** The tables that a benchmark prints, and the cells that the page shares with them. */
import { dim, green, heading, red, table } from '../../../scripts/lib/terminal.mjs';
import type { Findings, Row, Verdict } from './results.js';
import { asBytes, asMs, asSeconds } from './units.js';

/** Prints all results. */
export function showResults(findings: Findings): void {
  const { rows, verdicts, upload, firstTask, leftOut } = findings;
  heading('Measured');
  table(['what', 'who', '  minimum', '   median', 'runs'], cellsOf(rows));
  showGrowth(findings);
  if (upload.length > 0) {
    heading('Upload');
    table(
      ['who', 'parts in flight', 'round trip', '      rate'],
      upload.map(({ who, partsInFlight, roundTripMs, bytesPerSecond }) => [
        who,
        String(partsInFlight).padStart(15),
        asMs(roundTripMs).padStart(10),
        `${asBytes(bytesPerSecond)}/s`
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
  const { header, cells } = verdictTable(verdicts, { met: green('✓'), missed: red('✗') });
  table(header, cells);
  leftOut.forEach(text => console.log(`  left out: ${text}`));
}

function showGrowth({ growth, slopes }: Findings): void {
  if (growth.length === 0) {
    return;
  }
  heading('Growth');
  table(
    ['distributions', ' files', '   bytes', 'unchanged', '  edited', '   cold', '  memory'],
    growth.map(point => [
      String(point.distributions).padStart(13),
      String(point.files).padStart(6),
      asBytes(point.bytes).padStart(8),
      asMs(point.unchangedMs).padStart(9),
      asMs(point.editedMs).padStart(8),
      asSeconds(point.coldMs).padStart(7),
      asBytes(point.peakBytes).padStart(8)
    ])
  );
  Object.entries(slopes).forEach(([axis, texts]) => console.log(dim(`  along ${axis}: ${texts.join(', ')}`)));
}

/** @returns what, who, minimum, median, runs */
export function cellsOf(rows: readonly Row[]): string[][] {
  const show = { ms: asMs, bytes: asBytes, segments: String, 'bytes/s': (rate: number) => `${asBytes(rate)}/s` };
  return rows.map(({ part, what, unit, minimum, median, runs }) => [
    part,
    what,
    show[unit](minimum).padStart(9),
    show[unit](median).padStart(9),
    String(runs).padStart(4)
  ]);
}

/** The table of targets and whether they are met. */
export function verdictTable(
  verdicts: readonly Verdict[],
  { met, missed }: { met: string; missed: string }
): { header: string[]; cells: string[][] } {
  return {
    header: ['', 'what', 'wanted', 'found', ''],
    cells: verdicts.map(({ target, what, wanted, found, isMet }) => [
      String(target),
      what,
      wanted,
      found,
      isMet ? met : missed
    ])
  };
}
