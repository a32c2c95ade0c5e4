import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TargetSettings } from '../../../src/contract/target-settings.js';
import { exitOf, shipEnv, startShipEnv } from '../../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../../support/kernel-venv.js';
import { saveSettings } from '../../support/settings-file.js';

// needs: bundle

/** How a program is run: by a Node.js that can become it, and by an older one, whose child it is. */
export const WAYS = [
  ['this process becomes the program', {}],
  ['the program is a child', { NODE_OPTIONS: '--import=data:text/javascript,delete(process.execve)' }]
] as const;

/** What a program of `ship-env run` did. */
export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A kernel with `six` and the editable `harbour`, which has data and can be run with `-m`. */
export async function makeHarbour(): Promise<KernelVenv> {
  const kernel = await makeKernelVenv('six==1.17.0');
  await writeFile(join(dirname(kernel.module), 'quay.txt'), 'quay 7');
  await writeFile(
    join(dirname(kernel.module), '__main__.py'),
    'import pathlib, sys\nimport harbour\n' +
      'print(harbour.VERSION, pathlib.Path(harbour.__file__).with_name("quay.txt").read_text(), *sys.argv[1:])\n'
  );
  return kernel;
}

/** Ships the kernel to a target, and says which words of the command line run it anywhere. */
export async function shipTo(
  target: string,
  kernel: Pick<KernelVenv, 'python'>,
  home: string,
  env: Record<string, string> = {},
  options: readonly string[] = []
): Promise<string[]> {
  const args = ['--python', kernel.python, '--target', target, ...options];
  const shipped = await shipEnv(home, ['ship', ...args], env);
  if (shipped.exitCode !== 0) throw new Error(shipped.stderr);
  const { stdout } = await shipEnv(home, ['config', ...args, '--as', 'command'], env);
  return stdout.split(' ').slice(2, -1);
}

/** Runs `ship-env run` to its end. What it makes on the node lies in the home. */
export async function runIn(
  home: string,
  options: readonly string[],
  words: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {}
): Promise<Ran> {
  const child = startRun(home, options, words, env);
  child.stdin.end(input);
  const exited = exitOf(child);
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { exitCode, stdout, stderr };
}

/** Starts `ship-env run`. */
export function startRun(
  home: string,
  options: readonly string[],
  words: readonly string[],
  env: Record<string, string> = {}
): ReturnType<typeof startShipEnv> {
  return startShipEnv(home, ['run', ...options, '--', ...words], { SHIP_ENV_NODE_ROOT: join(home, 'node'), ...env });
}

/** Names a target in the settings of a person. */
export async function saveTarget(home: string, target: TargetSettings): Promise<void> {
  await saveSettings(home, JSON.stringify({ targets: [target] }));
}

/** What a person's cache holds of what was fetched, and of what is under way: paths of files below the cache folder. */
export async function fetchedIn(home: string): Promise<string[]> {
  const cache = join(home, '.cache', 'ship-env');
  const found = await Promise.all(
    ['fetched', 'unpacked', 'tmp'].map(async kind => {
      const below = await readdir(join(cache, kind), { recursive: true, withFileTypes: true }).catch(() => []);
      return below.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name));
    })
  );
  return found.flat().sort();
}
