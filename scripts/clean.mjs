/** `npm run clean`: removes what a build, a test or the demo made. `--all`: also what the set-up installed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from './lib/paths.mjs';

const MADE = [
  'lib',
  'dist',
  'server/dist',
  'spark-warehouse',
  'artifacts',
  'ui-tests/test-results',
  'ui-tests/playwright-report',
  '.cache/demo',
  '.cache/lab',
  '.cache/reports'
];
const INSTALLED = ['.venv', 'node_modules', '.cache'];

for (const path of [...MADE, ...(process.argv.includes('--all') ? INSTALLED : [])]) {
  rmSync(join(paths.root, path), { recursive: true, force: true });
}
rmSync(paths.sidecar, { recursive: true, force: true });
rmSync(paths.labextension, { recursive: true, force: true });
