/** The editable package whose line is edited. */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { install, uninstall } from './environments.mjs';

const NAME = 'harbour';

/**
 * Installs a copy of the example package as an editable one, under git as people have it.
 *
 * @param {string} venv
 */
export async function addEditable(venv) {
  // Not below .cache: git ignores what is there, and what git ignores does not ship.
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'ship-env-bench-')));
  cpSync(join(paths.examples, 'demo-package'), project, { recursive: true });
  await run('git', ['init', '--quiet'], { cwd: project, stdout: 'capture' });
  await run('git', ['add', '.'], { cwd: project, stdout: 'capture' });
  await install(venv, '--editable', project);
  const module = join(project, 'src', NAME, '__init__.py');
  const text = readFileSync(module, 'utf8');
  let edits = 0;
  return {
    /** Changes one line. */
    edit: () => {
      edits += 1;
      writeFileSync(module, `${text}\nEDIT = ${edits}\n`);
    },
    remove: async () => {
      await uninstall(venv, NAME);
      rmSync(project, { recursive: true, force: true });
    }
  };
}
