/** The editable package in which a line is edited. */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/process.mjs';
import { install, uninstall } from './venvs.js';

/** The import name of the package. */
export const EDITABLE = 'harbour';

/** An installed editable package. */
export interface Editable {
  /** Changes one line of the package. */
  edit(): void;
  remove(): Promise<void>;
}

/** Installs a copy of the example package as an editable one, in its own git repository, as usual. */
export async function addEditable(venv: string): Promise<Editable> {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'ship-env-bench-')));
  cpSync(join(paths.examples, 'demo-package'), project, { recursive: true });
  await run('git', ['init', '--quiet'], { cwd: project, stdout: 'capture' });
  await run('git', ['add', '.'], { cwd: project, stdout: 'capture' });
  await install(venv, '--editable', project);
  const module = join(project, 'src', EDITABLE, '__init__.py');
  const text = readFileSync(module, 'utf8');
  let edits = 0;
  return {
    edit: () => {
      edits += 1;
      writeFileSync(module, `${text}\nEDIT = ${edits}\n`);
    },
    remove: async () => {
      await uninstall(venv, EDITABLE);
      rmSync(project, { recursive: true, force: true });
    }
  };
}
