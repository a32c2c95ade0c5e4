/** A container with an artifact's header, and the programs that the header needs. Made anew for each test. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Result } from 'execa';
import { afterEach, beforeEach } from 'vitest';
import { shHeader } from '../../../src/formats/pex/header.js';
import { INTERPRETER } from '../fixtures.js';

export const ID = `env-${'0'.repeat(20)}`;

/** The folder of the present test, which holds the other two. */
export let folder: string;
/** The folder on the PATH. */
export let bin: string;
/** The working directory, which holds the artifact. */
export let container: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship env header '));
  bin = join(folder, 'bin');
  container = join(folder, 'a container');
  await mkdir(bin);
  await mkdir(container);
  // Programs that the header itself needs, without python.
  for (const tool of ['dd', 'id', 'ls', 'mkdir', 'tail']) {
    await symlink((await execa('sh', ['-c', `command -v ${tool}`])).stdout, join(bin, tool));
  }
  const rest = Buffer.from(`PK\x03\x04\0\xff(((\`\nship-env:${ID}`);
  await writeFile(join(container, 'env.pex'), Buffer.concat([shHeader(INTERPRETER), rest]), { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/**
 * A program that prints its arguments after `-I -c <loader>`: the artifact, the node root, the python, the arguments.
 * Ends with `status` when it is asked for its version.
 */
export async function fakePython(name: string, status = 0): Promise<void> {
  const script = `#!/bin/sh\n[ "$1" = -c ] && exit ${status}\nshift 3\nprintf '%s|' ${name} "$@"\n`;
  await writeFile(join(bin, name), script, { mode: 0o755 });
}

export function run(env: Record<string, string> = {}, shell = '/bin/sh'): Promise<Result<{ reject: false }>> {
  const file = shell === '/bin/sh' ? './env.pex' : shell;
  const args = ['-m', 'two words', '*', ''];
  return execa(file, shell === '/bin/sh' ? args : ['./env.pex', ...args], {
    cwd: container,
    env: { PATH: bin, SHIP_ENV_NODE_ROOT: join(folder, 'node root'), ...env },
    extendEnv: false,
    reject: false
  });
}

/** The node root that the bootstrap got. */
export async function chosenRoot(env?: Record<string, string>): Promise<string | undefined> {
  return (await run(env)).stdout.split('|')[2];
}

export const OWN = (): string => join(container, '.ship-env-pex');
