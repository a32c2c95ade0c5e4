/**
 * `npm run test:environments [-- name …]`: ships famous environments and starts each on an empty node, as an executor does.
 *
 * For each environment of scripts/long-tests/environments/list.mjs: install it, ship it to a directory, start its artifact with
 * the node cache, import all top-level modules, and compare with the same in the kernel's environment. Then start it
 * again, which must find the existing environment. Takes about an hour, 6 GB of downloads and 20 GB of disk.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBundle } from '../build/index.mjs';
import { LIST_MODULES, IMPORT_ALL, differences, importedOf } from './environments/import-all.mjs';
import { ENVIRONMENTS } from './environments/list.mjs';
import { ScriptFailure, main } from '../lib/main.mjs';
import { paths, pythonOf } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { green, heading, red, seconds } from '../lib/terminal.mjs';
import { setUp } from '../setup/index.mjs';
import { uv } from '../setup/python.mjs';

const PROGRAM = join(paths.sidecar, 'ship-env.mjs');

await main(async args => {
  const unknown = args.find(name => !(name in ENVIRONMENTS));
  if (unknown !== undefined) {
    throw new ScriptFailure(`There is no environment '${unknown}': ${Object.keys(ENVIRONMENTS).join(', ')}.`);
  }
  const env = await setUp('test', []);
  await buildBundle(env);
  heading('Environments');
  let [passed, failed] = [0, 0];
  for (const [name, requirements] of Object.entries(ENVIRONMENTS)) {
    if (args.length > 0 && !args.includes(name)) {
      continue;
    }
    const started = performance.now();
    const folder = mkdtempSync(join(tmpdir(), 'ship-env-environment-'));
    try {
      const found = await tryEnvironment(folder, requirements, env);
      console.log(`  ${green('✓')} ${name.padEnd(28)} ${found.padEnd(60)} ${seconds(performance.now() - started)}`);
      passed += 1;
    } catch (error) {
      console.log(`  ${red('✗')} ${name}: ${error instanceof Error ? error.message : String(error)}`);
      failed += 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
});

/**
 * @param {string} folder working folder
 * @param {readonly string[]} requirements
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} the result, for the person
 */
async function tryEnvironment(folder, requirements, env) {
  const venv = join(folder, 'venv');
  const python = pythonOf(venv);
  await uv(['venv', '--quiet', venv], env);
  await uv(['pip', 'install', '--quiet', '--python', python, ...requirements], env);
  const { output } = await run(python, ['-I', '-c', LIST_MODULES], { stdout: 'capture' });
  /** @type {string[]} */
  const modules = JSON.parse(output);
  const bare = bareEnvironment(folder, env);
  const kernel = await imports([python], join(folder, 'kernel.jsonl'), modules, bare);
  const artifact = await ship(folder, python, env);
  const root = join(folder, 'node');
  const node = { ...bare, SHIP_ENV_NODE_ROOT: root };
  const onNode = await imports([artifact], join(folder, 'node.jsonl'), modules, node);
  const wrong = differences(kernel, onNode, root);
  if (wrong.length > 0) {
    throw new Error(wrong.join('; '));
  }
  await startAgain(artifact, node, root);
  const works = [...kernel.values()].filter(({ error }) => error === null).length;
  return `${works} of ${modules.length} modules, as in the kernel`;
}

/**
 * Environment variables of an executor on its node, without those of the kernel.
 *
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
function bareEnvironment(folder, env) {
  const path = (env['PATH'] ?? '').split(':').filter(entry => !entry.startsWith(paths.root));
  return {
    PATH: path.join(':'),
    HOME: folder,
    TMPDIR: tmpdir(),
    MPLBACKEND: 'agg',
    AIRFLOW_HOME: join(folder, 'airflow')
  };
}

/**
 * @param {readonly string[]} python
 * @param {string} results
 * @param {readonly string[]} modules
 * @param {NodeJS.ProcessEnv} env
 */
async function imports([program = '', ...args], results, modules, env) {
  const { code, output } = await run(program, [...args, '-c', IMPORT_ALL, results, ...modules], {
    env,
    cwd: tmpdir(),
    stdout: 'capture',
    allowFailure: true
  });
  refuseOrdinaryPex(output);
  if (code !== 0) {
    throw new Error(`${program} ended with ${code}: ${output.trim().slice(-2000)}`);
  }
  return importedOf(readFileSync(results, 'utf8'));
}

/**
 * @param {string} folder
 * @param {string} python
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} path of the artifact
 */
async function ship(folder, python, env) {
  const target = join(folder, 'target');
  const { code, output } = await run(
    'node',
    [PROGRAM, 'ship', '--python', python, '--target', `file://${target}`, '--json'],
    { env: { ...env, SHIP_ENV_CACHE: join(folder, 'cache') }, stdout: 'capture', allowFailure: true }
  );
  const last = JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
  if (code !== 0 || last.type !== 'result') {
    throw new Error(`${last.code}: ${last.message} ${last.hint}`);
  }
  return join(target, last.artifact.name);
}

/**
 * Checks that the second start uses the existing environment.
 *
 * @param {string} artifact
 * @param {NodeJS.ProcessEnv} env
 * @param {string} root
 */
async function startAgain(artifact, env, root) {
  const { output } = await run(artifact, ['-c', 'import sys; print(sys.prefix)'], { env, stdout: 'capture' });
  refuseOrdinaryPex(output);
  const layout = readdirSync(root).find(name => /^ship-env-\d+$/.test(name)) ?? '';
  const environments = readdirSync(join(root, layout, 'env'));
  if (environments.length !== 1 || !output.includes(environments[0] ?? '')) {
    throw new Error(`The second start runs in ${output.trim()}; the node has ${environments.join(', ')}.`);
  }
}

/** @param {string} output */
function refuseOrdinaryPex(output) {
  if (/ordinary PEX|cannot use/.test(output)) {
    throw new Error(`The artifact does not use the node cache: ${output.trim().slice(-2000)}`);
  }
}
