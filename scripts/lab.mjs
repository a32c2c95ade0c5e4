/**
 * `npm run lab`: a real JupyterLab on examples/, with the extension from the built wheel and the kernel of the demo.
 *
 * JupyterLab gets an environment, settings, a cache and a target of its own in .cache/lab, so that nobody's own are touched. Ends with
 * Ctrl+C.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

const folder = join(paths.cache, 'lab');

await main(async args => {
  const env = await setUp('test', []);
  const wheel = await buildWheel(env);
  heading('JupyterLab');
  const kernel = await step('kernel', async () => prepareKernel(wheel));
  const venv = await step('JupyterLab with the extension', async () => prepareLab(wheel));
  console.log(`\n  JupyterLab prints its address below; open ${bold('demo.ipynb')}. Ctrl+C ends it.\n`);
  const options = ['--ServerApp.ip=127.0.0.1', '--ServerApp.allow_root=True', '--ServerApp.root_dir', paths.examples];
  await run(join(venv, 'bin', 'jupyter'), ['lab', '--no-browser', ...options, ...args], {
    env: {
      ...ownEnvironment(env, folder, kernel.jupyterPath),
      PATH: `${join(venv, 'bin')}:${env['PATH'] ?? ''}`
    },
    allowFailure: true
  });
  await endLeftovers();
  removeExecutorFolders();
});

/**
 * @param {string} wheel
 * @returns {Promise<string>} an environment with JupyterLab, as locked, and the wheel
 */
async function prepareLab(wheel) {
  const venv = join(folder, 'venv');
  const lock = join(paths.requirements, 'dev.txt');
  mkdirSync(folder, { recursive: true });
  await whenChanged(
    join(folder, 'venv.stamp'),
    [readFileSync(wheel, 'latin1'), readFileSync(lock, 'utf8')],
    async () => {
      await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
      await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), '--constraints', lock, 'jupyterlab', wheel]);
    }
  );
  return venv;
}
