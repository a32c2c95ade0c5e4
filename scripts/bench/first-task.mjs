/**
 * `node scripts/bench/first-task.mjs [--deployment standalone|yarn] [--runs N]`: how fast the executors of a new session
 * run their first task, against a virtual environment that is already on the node, and against the way others do it.
 */
import { parseArgs } from 'node:util';
import { buildWheel } from '../build/index.mjs';
import { ScriptFailure, main } from '../lib/main.mjs';
import { bold, heading, table } from '../lib/terminal.mjs';
import { setUp } from '../setup/index.mjs';
import { DEPLOYMENTS } from './first-task/deployments.mjs';
import { measureFirstTask } from './first-task/index.mjs';

await main(async args => {
  const { values } = parseArgs({
    args,
    options: { deployment: { type: 'string', multiple: true }, runs: { type: 'string', default: '3' } }
  });
  const deployments = values.deployment ?? Object.keys(DEPLOYMENTS);
  const unknown = deployments.find(name => !(name in DEPLOYMENTS));
  const runs = Number(values.runs);
  if (unknown !== undefined || !Number.isInteger(runs) || runs < 1) {
    throw new ScriptFailure(`Usage: first-task.mjs [--deployment ${Object.keys(DEPLOYMENTS).join('|')}] [--runs N]`);
  }
  console.log(`${bold('First task')}: from a session that is ready to numpy, pandas, pyarrow and sklearn on executors`);
  const env = await setUp('demo');
  await buildWheel(env);
  heading('Measure');
  const rows = await measureFirstTask(env, { deployments, runs });
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

/**
 * @param {import('./first-task/index.mjs').Summary} summary
 * @param {number} digits
 */
function both({ minimum, median }, digits) {
  return `${minimum.toFixed(digits)} / ${median.toFixed(digits)}`;
}
