/**
 * `npm run demo`: an environment goes from a kernel's virtual environment to Spark executors, and a job runs there.
 *
 * Ships once from the command line, to show the steps and their times, then runs examples/demo.ipynb, whose
 * `%%ship_env` finds that nothing changed. Fails when a result is wrong, or when an executor imported something from
 * the kernel's environment or from the source folder.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildWheel } from './build/index.mjs';
import { check, reportIn } from './demo/job.mjs';
import { prepareKernel, removeExecutorFolders } from './lib/kernel.mjs';
import { ScriptFailure, main } from './lib/main.mjs';
import { TARGET, ownEnvironment } from './lib/own-environment.mjs';
import { paths, pythonOf } from './lib/paths.mjs';
import { CommandFailed, endLeftovers, run } from './lib/process.mjs';
import { bold, bytes, dim, green, heading, red, seconds, shorten, step, stepLine, table } from './lib/terminal.mjs';
import { setUp } from './setup/index.mjs';

const MASTER = 'local-cluster[2,1,1024]';
const folder = join(paths.cache, 'demo');

await main(async () => {
  const started = performance.now();
  console.log(`${bold('Ship env to cluster')}: a notebook's environment on Spark executors`);
  const baseEnv = await setUp('demo');
  const wheel = await buildWheel(baseEnv);
  heading('Kernel');
  const describe = () => 'numpy pandas pyarrow scikit-learn, harbour (editable)';
  const kernel = await step('virtual environment', async () => prepareKernel(wheel), describe);
  const env = {
    ...ownEnvironment(baseEnv, folder, kernel.jupyterPath),
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_LOCAL_DIRS: join(folder, 'spark')
  };

  heading('Ship');
  const shipped = await ship(env, kernel.python);

  heading(`Notebook ${relative(paths.root, join(paths.examples, 'demo.ipynb'))} on ${MASTER}`);
  const report = reportIn(await runNotebook(env, kernel));
  const left = await endLeftovers();
  if (left.length > 0) {
    throw new ScriptFailure(`These processes were left running: ${left.map(({ command }) => command).join('; ')}`);
  }

  showShipped(shipped);
  showExecutors(report);
  showResults(report, [kernel.venv, kernel.source, paths.examples]);
  console.log(
    `\nDone in ${seconds(performance.now() - started)}. The same in JupyterLab, by hand: ${bold('npm run lab')}`
  );
});

/**
 * @typedef {object} Shipped
 * @property {{name: string, bytes: number}} artifact
 * @property {{name: string, bytes: number}[]} code
 * @property {number} uploadedBytes
 * @property {boolean} reused
 * @property {{subject: string, message: string}[]} findings
 */

/**
 * `ship-env ship --json`, each step shown as it ends.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} python
 * @returns {Promise<Shipped>}
 */
async function ship(env, python) {
  /** @type {{result?: Shipped, error?: {code: string, message: string, hint: string}}} */
  const outcome = {};
  const bundle = join(paths.sidecar, 'ship-env.mjs');
  const args = [bundle, 'ship', '--python', python, '--target', TARGET, '--master', MASTER, '--json'];
  const { code, output } = await run('node', args, {
    env,
    allowFailure: true,
    onLine: line => {
      const event = JSON.parse(line);
      if (event.type === 'step' && event.state === 'done') {
        stepLine(event.name, event.detail ?? '', event.ms ?? 0);
      } else if (event.type === 'result') {
        outcome.result = event;
      } else if (event.type === 'error') {
        outcome.error = event;
      }
    }
  });
  if (outcome.result === undefined) {
    const { code: name, message, hint } = outcome.error ?? { code: `exit ${code}`, message: output, hint: '' };
    throw new ScriptFailure(`The ship failed: ${message} [${name}]\n  ${hint}`);
  }
  return outcome.result;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {import('./lib/kernel.mjs').DemoKernel} kernel
 * @returns {Promise<string>} the notebook with its outputs
 */
async function runNotebook(env, kernel) {
  const work = join(folder, 'run');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const output = join(work, 'demo.ipynb');
  const runner = join(paths.root, 'scripts', 'demo', 'run_notebook.py');
  const args = [runner, join(paths.examples, 'demo.ipynb'), output, kernel.name, work];
  try {
    await run(pythonOf(paths.venv), args, {
      env,
      onLine: line => {
        const { state, title, ms } = JSON.parse(line);
        if (state === 'done') {
          stepLine(title, '', ms);
        }
      }
    });
  } catch (error) {
    if (error instanceof CommandFailed) {
      throw new ScriptFailure(`The notebook failed:\n${error.output.trim()}\n\nIts outputs: ${output}`, {
        cause: error
      });
    }
    throw error;
  } finally {
    removeExecutorFolders();
    rmSync(join(folder, 'spark'), { recursive: true, force: true });
  }
  return readFileSync(output, 'utf8');
}

/** @param {Shipped} shipped */
function showShipped({ artifact, code, uploadedBytes, reused, findings }) {
  heading('What shipped');
  const size = (/** @type {number} */ count) => bytes(count).padStart(9);
  table(
    ['what', 'file', '    bytes'],
    [
      ['environment', artifact.name, size(artifact.bytes)],
      ...code.map(file => ['code', file.name, size(file.bytes)]),
      ['sent now', reused ? 'the environment was on the target already' : '', size(uploadedBytes)]
    ]
  );
  findings.forEach(({ subject, message }) => console.log(dim(`  ! ${subject}: ${message}`)));
}

/** @param {import('./demo/job.mjs').Report} report */
function showExecutors({ executors, kernel, source }) {
  heading('Where each executor imported from');
  table(
    ['executor', 'module', 'from'],
    executors.flatMap(({ executor, python, numpy, harbour, sklearn }) => [
      [executor, 'python', shorten(python)],
      ['', 'numpy', shorten(numpy)],
      ['', 'harbour', shorten(harbour)],
      ['', 'sklearn', `version ${sklearn}`]
    ])
  );
  console.log(dim(`\n  kernel   ${kernel}\n  sources  ${source}`));
}

/**
 * @param {import('./demo/job.mjs').Report} report
 * @param {readonly string[]} forbidden
 */
function showResults(report, forbidden) {
  heading('Results');
  const rows = check(report, forbidden);
  table(
    ['what', 'found', 'wanted', ''],
    rows.map(({ what, found, wanted, isRight }) => [what, found, wanted, isRight ? green('✓') : red('✗')])
  );
  const wrong = rows.filter(({ isRight }) => !isRight);
  if (wrong.length > 0) {
    throw new ScriptFailure(`${wrong.length} of ${rows.length} results are wrong.`);
  }
}
