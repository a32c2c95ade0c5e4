/**
 * `npm run lab [-- --dev]`: a real JupyterLab on examples/, with the extension from the built wheel and the kernel of
 * the demo. With `--dev` the extension and the kernel's magic come from this checkout, and are built anew when a source
 * changes; reloading the page shows the change.
 *
 * JupyterLab gets its own environment, settings, cache and target in .cache/lab, so that the person's own files are not
 * changed. Ends with Ctrl+C.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildWheel } from './build/index.mjs';
import { prepareKernel, removeExecutorFolders } from './lib/kernel.mjs';
import { main } from './lib/main.mjs';
import { ownEnvironment } from './lib/own-environment.mjs';
import { paths, pythonOf } from './lib/paths.mjs';
import { endLeftovers, run } from './lib/process.mjs';
import { bold, heading, step } from './lib/terminal.mjs';
import { setUp } from './setup/index.mjs';
import { uv } from './setup/python.mjs';
import { whenChanged } from './setup/stamp.mjs';
import { JUPYTER_PATH } from './watch/front-end.mjs';
import { watch } from './watch/index.mjs';

const folder = join(paths.cache, 'lab');

await main(async args => {
  const env = await setUp('test', []);
  const isDev = args.includes('--dev');
  const rest = args.filter(arg => arg !== '--dev');
  await (isDev ? developJupyterLab(env, rest) : showJupyterLab(env, rest));
  await endLeftovers();
  removeExecutorFolders();
});

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 */
async function showJupyterLab(env, args) {
  const wheel = await buildWheel(env);
  heading('JupyterLab');
  const kernel = await step('kernel', async () => prepareKernel(wheel));
  const venv = await step('JupyterLab with the extension', async () =>
    prepareLab('venv', wheel, readFileSync(wheel, 'latin1'))
  );
  await runJupyterLab(venv, ownEnvironment(env, folder, kernel.jupyterPath), args);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 */
async function developJupyterLab(env, args) {
  heading('Watch');
  const watching = await watch(env);
  heading('JupyterLab');
  const wheel = await step('editable package', async () => buildEditable(env));
  const kernel = await step('kernel', async () => prepareKernel(wheel));
  const project = readFileSync(join(paths.root, 'pyproject.toml'), 'utf8');
  const venv = await step('JupyterLab with the package', async () => prepareLab('venv-dev', wheel, project));
  const labEnv = {
    // The labextension in JUPYTER_PATH hides the copy that came with the package.
    ...ownEnvironment(env, folder, [JUPYTER_PATH, kernel.jupyterPath].join(delimiter)),
    SHIP_ENV_BUNDLE: join(paths.root, 'scripts', 'watch', 'reloading.mjs')
  };
  await Promise.race([runJupyterLab(venv, labEnv, args), watching.ended]);
  await watching.stop();
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} a wheel that leads to the Python modules of this checkout
 */
async function buildEditable(env) {
  const editable = join(folder, 'editable');
  rmSync(editable, { recursive: true, force: true });
  await run('python', ['-m', 'hatchling', 'build', '-t', 'wheel:editable', '-d', editable], { env, stdout: 'capture' });
  return join(editable, readdirSync(editable).find(name => name.endsWith('.whl')) ?? '');
}

/**
 * @param {string} name of the folder
 * @param {string} wheel
 * @param {string} version a text that changes when a new environment is necessary, besides the locked packages
 * @returns {Promise<string>} an environment with JupyterLab, as locked, and the wheel
 */
async function prepareLab(name, wheel, version) {
  const venv = join(folder, name);
  const lock = join(paths.requirements, 'dev.txt');
  mkdirSync(folder, { recursive: true });
  await whenChanged(join(folder, `${name}.stamp`), [version, readFileSync(lock, 'utf8')], async () => {
    await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
    await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), '--constraints', lock, 'jupyterlab', wheel]);
  });
  return venv;
}

/**
 * @param {string} venv
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 */
async function runJupyterLab(venv, env, args) {
  console.log(`\n  JupyterLab prints its address below; open ${bold('demo.ipynb')}. Ctrl+C ends it.\n`);
  const options = ['--ServerApp.ip=127.0.0.1', '--ServerApp.allow_root=True', '--ServerApp.root_dir', paths.examples];
  await run(join(venv, 'bin', 'jupyter'), ['lab', '--no-browser', ...options, ...args], {
    env: { ...env, PATH: [join(venv, 'bin'), env['PATH'] ?? ''].join(delimiter) },
    allowFailure: true
  });
}
