/** docs/scale.md: the tables that are computed, and the one that was measured. */
import { join } from 'node:path';
import { paths } from '../../../scripts/lib/paths.mjs';
import type { ScaleRow } from '../report/results.js';
import { asBytes } from '../report/units.js';
import { formulaLines, workedLines } from './table.js';

export const SCALE_PAGE = join(paths.root, 'docs', 'scale.md');

/** @returns the sections of the page that follow from the formulas alone */
export function computedSections(): Record<string, string> {
  return { formulas: formulaLines().join('\n'), worked: workedLines().join('\n') };
}

/** @returns the measured table, in Markdown */
export function measuredLines(rows: readonly ScaleRow[]): string[] {
  return [
    '| way | session | the artifact | left the driver | left the store |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ way, session, artifactBytes, driverBytes, storeBytes }) =>
        `| ${way} | ${session} | ${asBytes(artifactBytes)} | ${asBytes(driverBytes)} | ${asBytes(storeBytes)} |`
    )
  ];
}
