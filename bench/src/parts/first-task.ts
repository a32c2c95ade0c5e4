/** Target 6: the time from a ready session to the end of the first task on its executors. Full benchmark only. */
import { DEPLOYMENTS } from '../first-task/cluster.js';
import { measureFirstTask } from '../first-task/measure.js';
import { asRatio } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = 3;
/** Highest ratios to a virtual environment on the node; `cold` means that the node has none of our files. */
const WANTED = { cold: 2, warm: 1.25, delta: 1.25 };

export const firstTask: Part = {
  name: 'first-task',
  title: 'First task on executors',
  async run({ scale, results }) {
    if (scale !== 'full') {
      results.found.leftOut.push('the first task on executors (target 6), which --full measures');
      return;
    }
    const rows = await measureFirstTask(process.env, { deployments: DEPLOYMENTS, runs: RUNS });
    results.found.firstTask.push(...rows);
    for (const { deployment, layout, state, ratio } of rows.filter(row => row.layout.startsWith('ship-env'))) {
      const what = `first task, ${deployment}, ${layout}, ${state}`;
      results.judge({ target: 6, what, found: ratio.median, bound: WANTED[state], show: asRatio });
    }
  }
};
