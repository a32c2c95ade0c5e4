/**
 * Starts the Jupyter server of the browser tests, which serves JupyterLab and Notebook 7: prepares its virtual
 * environment (the built wheel is installed as a person would), a kernel in another one with the wheel and the demo
 * package as an editable, and prints its port.
 *
 * Runs until it gets SIGTERM. The log of JupyterLab, the sidecar and the kernels is .cache/browser/lab.log.
 */
import { cpSync, createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { spawn } from 'node:child_process';
import { paths, pythonOf } from '../../scripts/lib/paths.mjs';
import { installLocked, uv } from '../../scripts/setup/python.mjs';
import { whenChanged } from '../../scripts/setup/stamp.mjs';

const work = required('SHIP_ENV_UI_FOLDER');
const wheel = required('SHIP_ENV_WHEEL');
/** The folder with costly installations, kept between runs. */
const cache = join(paths.cache, 'browser');
const uiTests = dirname(import.meta.dirname);

const lab = await prepareLab();
const kernel = await prepareKernel();
writeKernelspecs();
startLab();

/** @returns {Promise<string>} a virtual environment with JupyterLab and Notebook, as locked, and the wheel */
async function prepareLab() {
  const venv = join(cache, 'lab');
  const lock = join(paths.requirements, 'dev.txt');
  mkdirSync(cache, { recursive: true });
  await whenChanged(join(cache, 'lab.stamp'), [readFileSync(wheel, 'latin1'), readFileSync(lock, 'utf8')], async () => {
    await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
    await uv([
      'pip',
      'install',
      '--quiet',
      '--python',
      pythonOf(venv),
      '--constraints',
      lock,
      'jupyterlab',
      'notebook',
      wheel
    ]);
  });
  return venv;
}

/** @returns {Promise<string>} a virtual environment with the packages of the demo and its package as an editable */
async function prepareKernel() {
  const venv = join(cache, 'kernel');
  await whenChanged(join(cache, 'kernel.stamp'), [venv], async () => {
    await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
  });
  await installLocked('kernel', venv);
  // A copy, since the stories edit it.
  const source = join(work, 'demo-package');
  cpSync(join(paths.examples, 'demo-package'), source, { recursive: true });
  const options = ['--quiet', '--python', pythonOf(venv), '--no-deps', '--reinstall'];
  // The wheel contains the magic.
  await uv(['pip', 'install', ...options, wheel, '--editable', source]);
  return venv;
}

function writeKernelspecs() {
  writeKernelspec('kernel-venv', 'Kernel venv', 'python', [pythonOf(kernel), '-m', 'ipykernel_launcher']);
  // A real kernel of another language, in as few lines as ipykernel allows.
  writeKernelspec('echo', 'Echo', 'echo', [pythonOf(lab), join(uiTests, 'data', 'echo_kernel.py')]);
}

/**
 * @param {string} name
 * @param {string} displayName
 * @param {string} language
 * @param {readonly string[]} command
 */
function writeKernelspec(name, displayName, language, command) {
  const folder = join(work, 'jupyter', 'kernels', name);
  mkdirSync(folder, { recursive: true });
  const spec = { display_name: displayName, language, argv: [...command, '-f', '{connection_file}'] };
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec));
}

function startLab() {
  // Notebook adds a button to JupyterLab's toolbar that opens the other one: it would appear in the pictures.
  const labConfig = join(work, 'config', 'labconfig');
  mkdirSync(labConfig, { recursive: true });
  writeFileSync(
    join(labConfig, 'page_config.json'),
    JSON.stringify({ disabledExtensions: { '@jupyter-notebook/lab-extension': true } })
  );
  for (const name of ['root', 'home', 'tmp']) mkdirSync(join(work, name));
  const config = join(uiTests, 'jupyter_server_test_config.py');
  const log = createWriteStream(join(cache, 'lab.log'));
  const child = spawn(join(lab, 'bin', 'jupyter'), ['lab', '--config', config], {
    cwd: work,
    env: environment(),
    stdio: ['ignore', 'inherit', 'pipe']
  });
  let port = '';
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    log.write(text);
    if (port !== '') return;
    port = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(text)?.[1] ?? '';
    if (port !== '') console.log(`JupyterLab listens on port ${port}`);
  });
  // The first signal makes JupyterLab ask, the second does not: either way it shuts down its kernels and the sidecar.
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', code => process.exit(code ?? 0));
}

/** Environment variables of JupyterLab, its kernels and the sidecar, without settings of this machine. */
function environment() {
  const { PATH = '', JAVA_HOME, LANG } = process.env;
  return {
    PATH: [join(lab, 'bin'), PATH].join(delimiter),
    ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }),
    LANG: LANG ?? 'C.UTF-8',
    HOME: join(work, 'home'),
    TMPDIR: join(work, 'tmp'),
    JUPYTER_PATH: join(work, 'jupyter'),
    JUPYTER_CONFIG_DIR: join(work, 'config'),
    JUPYTERLAB_GALATA_ROOT_DIR: join(work, 'root'),
    SHIP_ENV_UI_FOLDER: work,
    SPARK_LOCAL_IP: '127.0.0.1',
    AWS_SHARED_CREDENTIALS_FILE: join(work, 'aws-credentials'),
    AWS_CONFIG_FILE: join(work, 'aws-config'),
    AWS_EC2_METADATA_DISABLED: 'true'
  };
}

/** @param {string} name */
function required(name) {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(`${name} is not set: run the browser tests with \`npm test -- browser\`.`);
}
