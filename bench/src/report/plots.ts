/** The plots. plot.py draws them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonOf } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/process.mjs';
import { lockedVenv } from '../environments/venvs.js';
import type { Findings } from './results.js';

const SCRIPT = fileURLToPath(new URL('plot.py', import.meta.url));

/** Each figure with a description for people who cannot see it. */
export const FIGURES = {
  contenders: 'Bars: how long each tool takes cold, when nothing changed, and after one tiny package was added',
  growth: 'Lines: time of a ship when nothing changed and when one line was edited, by files, bytes and distributions',
  memory: 'Dots: peak memory of the sidecar by size of the environment, and the limit of 250 MB',
  upload: 'Lines: upload rate by parts in flight, with and without added latency, beside lib-storage',
  'first-task': 'Bars: the first task on executors as ratio to a virtual environment that is on the node'
} as const;

/**
 * Draws the plots, and removes plots of earlier benchmarks from the folder.
 *
 * @param folder - folder for the SVG files
 */
export async function drawPlots(findings: Findings, folder: string): Promise<void> {
  const venv = await lockedVenv('plot', ['bench/plot']);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'findings.json');
  writeFileSync(file, JSON.stringify(findings));
  await run(pythonOf(venv), [SCRIPT, file, folder], { stdout: 'capture' });
  rmSync(file);
}
