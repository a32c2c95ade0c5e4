/**
 * `npm run clean`: removes the output of builds, tests, linters and the demo. `--all` also removes what the set-up
 * installed.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from './lib/paths.mjs';

const MADE = [
  'lib',
  'dist',
  'server/dist',
  'jupyterlab_ship_env/sidecar',
  'jupyterlab_ship_env/labextension',
  'jupyterlab_ship_env/_version.py',
  'examples/.ipynb_checkpoints',
  'spark-warehouse',
  'artifacts',
  'ui-tests/test-results',
  'ui-tests/playwright-report',
  '.eslintcache',
  '.stylelintcache',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  '.cache/demo',
  '.cache/lab',
  '.cache/mutation',
  '.cache/reports'
];
const INSTALLED = [
  '.venv',
  'node_modules',
  'server/node_modules',
  'bench/node_modules',
  'ui-tests/node_modules',
  '.cache'
];

for (const path of [...MADE, ...(process.argv.includes('--all') ? INSTALLED : [])]) {
  rmSync(join(paths.root, path), { recursive: true, force: true });
}
