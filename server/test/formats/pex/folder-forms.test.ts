import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CONTAINER_ROOT } from '../../../src/formats/node-start.js';
import { shHeader } from '../../../src/formats/pex/header.js';
import { INTERPRETER } from '../fixtures.js';

const RUNTIME = fileURLToPath(new URL('../../../../jupyterlab_ship_env/runtime', import.meta.url));

let folder: string;
let container: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'ship env forms ')));
  container = join(folder, 'container');
  for (const each of ['container', 'safe', 'other', 'other/inner']) await mkdir(join(folder, each), { mode: 0o700 });
  await symlink(join(folder, 'safe'), join(folder, 'link'));
  await symlink(join(folder, 'other', 'inner'), join(folder, 'inner link'));
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
  await writeFile(join(folder, 'file'), '');
  const rest = Buffer.from(`PK\x03\x04ship-env:env-${'0'.repeat(20)}`);
  await writeFile(join(container, 'env.pex'), Buffer.concat([shHeader(INTERPRETER), rest]), { mode: 0o755 });
  // Prints the node root that it gets.
  await writeFile(join(folder, 'python'), `#!/bin/sh\nshift 4\nprintf '%s' "$1"\n`, { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The node root that the header chooses, in a shell; undefined when it refuses this folder. */
async function byHeader(form: string, shell: string): Promise<string | undefined> {
  const { stdout } = await execa(shell, ['./env.pex'], {
    cwd: container,
    env: { SHIP_ENV_NODE_ROOT: form, SHIP_ENV_PYTHON: join(folder, 'python'), OLDPWD: join(folder, 'safe') }
  });
  return stdout === join(container, CONTAINER_ROOT) ? undefined : stdout;
}

/** The same for the bootstrap, with that folder. */
async function byPython(form: string): Promise<string | undefined> {
  const program = `
import sys
sys.path.insert(0, sys.argv[1])
from ship_env_node.places import NodeRoot
from ship_env_node.safe import UnusableError
try:
    root = NodeRoot(sys.argv[2])
    root.check()
    root.prepare()
    print(root.path, end="")
except (OSError, UnusableError):
    pass`;
  const { stdout } = await execa('python3', ['-c', program, RUNTIME, form], { cwd: container });
  return stdout || undefined;
}

test.each([
  ['F/safe', 'F/safe'],
  ['F/new', 'F/new'],
  ['F/safe/', 'F/safe'],
  ['F/safe///', 'F/safe'],
  ['F/safe/.', 'F/safe'],
  ['F/safe/././/', 'F/safe'],
  ['/F/safe', 'F/safe'],
  ['F//safe', 'F/safe'],
  ['F/./safe', 'F/safe'],
  ['F/other/../safe', 'F/safe'],
  ['F/other/inner/..', 'F/other'],
  ['F/inner link/..', 'F/other'],
  ['F/inner link/../inner', 'F/other/inner'],
  ['F/link/new', 'F/safe/new'],
  ['F/link', undefined],
  ['F/link/', undefined],
  ['F/link/.', undefined],
  ['F/link/./', undefined],
  ['F/link//.//', undefined],
  ['F/dangling', undefined],
  ['F/dangling/new', undefined],
  ['F/file', undefined],
  ['F/file/.', undefined],
  ['F/file/..', undefined],
  ['F/missing/new', undefined],
  ['F/missing/../safe', undefined],
  ['/', undefined],
  ['//', undefined],
  ['/.', undefined],
  ['/..', undefined],
  ['../safe', 'F/safe'],
  ['../link', undefined],
  ['../link/.', undefined],
  ['new', 'F/container/new'],
  ['./new', 'F/container/new'],
  ['.', 'F/container'],
  ['./', 'F/container'],
  ['..', 'F'],
  ['../.', 'F'],
  ['-', 'F/container/-'],
  ['-P', 'F/container/-P'],
  ['!', 'F/container/!'],
  ['...', 'F/container/...']
])('the header and Python agree on %s', async (form, wanted) => {
  const [given, expected] = [form.replace('F', folder), wanted?.replace('F', folder)];
  expect({
    sh: await byHeader(given, 'sh'),
    bash: await byHeader(given, 'bash'),
    python: await byPython(given)
  }).toEqual({ sh: expected, bash: expected, python: expected });
});
