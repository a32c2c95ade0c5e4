import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { removeFolder } from './temporary.js';

/** A kernel's environment with an editable package, made for a test. */
export interface KernelVenv {
  /** Folder with everything; remove it with {@link KernelVenv.remove}. */
  readonly folder: string;
  readonly python: string;
  /** Source file of the editable package `harbour`: its `VERSION` is what tests edit. */
  readonly module: string;
  install(...requirements: string[]): Promise<void>;
  uninstall(...names: string[]): Promise<void>;
  /** Rewrites the module so that `harbour.VERSION` and `harbour.version()` have this value. */
  edit(version: string): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Makes a venv with uv (it has no pip) and installs the requirements and an editable package in src layout. The files
 * are copies: a hard link to uv's cache would change its ctime whenever another test installs or removes the same
 * package.
 *
 * @param requirements - from the package index
 */
export async function makeKernelVenv(...requirements: string[]): Promise<KernelVenv> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'ship-env-kernel-')));
  const python = join(folder, 'venv', 'bin', 'python');
  const project = join(folder, 'harbour');
  const module = join(project, 'src', 'harbour', '__init__.py');
  const uv = async (...args: string[]): Promise<void> => {
    await execa('uv', ['--quiet', ...args], { cwd: folder, env: { UV_LINK_MODE: 'copy' } });
  };
  const edit = (version: string): Promise<void> =>
    writeFile(
      module,
      `VERSION = ${JSON.stringify(version)}\n\n\ndef version(*_: object) -> str:\n    return VERSION\n`
    );
  await mkdir(dirname(module), { recursive: true });
  await writeFile(
    join(project, 'pyproject.toml'),
    '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n' +
      '[project]\nname = "harbour"\nversion = "1.0"\n'
  );
  await edit('v1');
  await uv('venv', '--python', 'python3', 'venv');
  const install = (...args: string[]): Promise<void> => uv('pip', 'install', '--python', python, ...args);
  await install('--editable', project, ...requirements);
  return {
    folder,
    python,
    module,
    edit,
    install,
    uninstall: (...names) => uv('pip', 'uninstall', '--python', python, ...names),
    remove: () => removeFolder(folder)
  };
}
