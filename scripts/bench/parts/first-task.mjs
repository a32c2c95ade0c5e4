/** Target 6: from session ready to the end of the first task on the executors. Part of the full benchmark only. */
import { DEPLOYMENTS } from '../first-task/deployments.mjs';
import { measureFirstTask } from '../first-task/index.mjs';
import { asRatio } from '../results.mjs';

const RUNS = 3;
/** To a venv that is on the node; cold means that the node has nothing of ours. */
const WANTED = { cold: 2, warm: 1.25, delta: 1.25 };

/** @type {import('./index.mjs').Part} */
export const firstTask = {
  name: 'first-task',
  title: 'First task on executors',
  async run(bench) {
    if (bench.scale !== 'full') {
      bench.results.found.leftOut.push('the first task on executors (target 6), which --full measures');
      return;
    }
    const rows = await measureFirstTask(process.env, { deployments: Object.keys(DEPLOYMENTS), runs: RUNS });
    bench.results.found.firstTask.push(...rows);
    for (const { deployment, layout, state, ratio } of rows.filter(row => row.layout.startsWith('ship-env'))) {
      bench.results.judge(6, `first task, ${deployment}, ${layout}, ${state}`, ratio.median, WANTED[state], asRatio);
    }
  }
};
