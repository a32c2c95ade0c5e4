/**
 * `npm run bench:first-task [-- --deployment standalone|yarn] [-- --runs N]`: measures how fast the executors of a new
 * session run their first task, compared with a virtual environment on the node and with a PEX of the pex tool.
 */
import { parseArgs } from 'node:util';
import { ScriptFailure, main } from '../../../scripts/lib/main.mjs';
import { bold, heading, table } from '../../../scripts/lib/terminal.mjs';
import type { Summary } from '../report/results.js';
import { DEPLOYMENTS } from './cluster.js';
import { measureFirstTask } from './measure.js';

await main(async args => {
  const { values } = parseArgs({
    args,
    options: { deployment: { type: 'string', multiple: true }, runs: { type: 'string', default: '3' } }
  });
  const wanted = values.deployment ?? DEPLOYMENTS;
  const deployments = DEPLOYMENTS.filter(name => wanted.includes(name));
  const runs = Number(values.runs);
  const isKnown = wanted.every(name => deployments.some(deployment => deployment === name));
  if (!isKnown || !Number.isInteger(runs) || runs < 1) {
    throw new ScriptFailure(`Usage: npm run bench:first-task -- [--deployment ${DEPLOYMENTS.join('|')}] [--runs N]`);
  }
  console.log(`${bold('First task')}: from a ready session to numpy, pandas, pyarrow and sklearn on executors`);
  heading('Measure');
  const rows = await measureFirstTask(process.env, { deployments, runs });
  heading(`Seconds, minimum / median of ${runs}`);
  table(
    ['deployment', 'layout', 'state', 'session', 'first task', 'imports', 'ratio'],
    rows.map(row => [
      row.deployment,
      row.layout,
      row.state,
      both(row.sessionSeconds, 1),
      both(row.firstTaskSeconds, 2),
      both(row.importSeconds, 2),
      both(row.ratio, 2)
    ])
  );
});

function both({ minimum, median }: Summary, digits: number): string {
  return `${minimum.toFixed(digits)} / ${median.toFixed(digits)}`;
}
