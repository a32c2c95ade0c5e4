import { execa } from 'execa';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = resolve(fileURLToPath(new URL('../../../../..', import.meta.url)));
export const RUNTIME = join(PROJECT, 'jupyterlab_ship_env', 'runtime');
const BIN = join(PROJECT, '.venv', 'bin');

/** A new venv of the project's python that has only these distributions. */
export async function makeVenv(path: string, requirements: readonly string[]): Promise<string> {
  await execa(join(BIN, 'uv'), ['venv', '--quiet', '--python', join(BIN, 'python'), path]);
  const python = join(path, 'bin', 'python');
  await execa(join(BIN, 'uv'), ['pip', 'install', '--quiet', '--python', python, ...requirements]);
  return python;
}

/** An artifact that the pex tool itself makes, with everything in a venv and the runtime module at its root. */
export async function makePex(path: string, venv: string): Promise<void> {
  const options = ['--venv-repository', venv, '-D', RUNTIME, '--inherit-path=fallback', '--no-compress'];
  // The file remembers the cache folder of this process and unpacks itself there, so it must be the home of
  // `makeSparkHome`.
  const caches = join(dirname(venv), 'home', '.cache');
  await execa(join(BIN, 'pex'), [...options, '-o', path], {
    env: { PEX_ROOT: `${venv}-pex-root`, XDG_CACHE_HOME: caches }
  });
}

/**
 * Makes a SPARK_HOME that links to the project's pyspark, since local-cluster writes its `work` folder there. The
 * environment has HOME and Spark's temporary files below the same folder.
 */
export async function makeSparkHome(folder: string): Promise<Record<string, string>> {
  const home = join(folder, 'spark');
  const { stdout } = await execa(join(BIN, 'python'), ['-c', 'import pyspark; print(pyspark.__path__[0])']);
  await mkdir(home, { recursive: true });
  for (const name of ['bin', 'jars', 'python']) await symlink(join(stdout, name), join(home, name));
  const libraries = (await readdir(join(home, 'python', 'lib'))).filter(name => name.endsWith('.zip')).sort();
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  return {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    // An ordinary PEX unpacks there, so its processes are recognised by the folder.
    XDG_CACHE_HOME: join(folder, 'home', '.cache'),
    TMPDIR: temporary,
    SPARK_HOME: home,
    SPARK_LOCAL_DIRS: temporary,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYTHONPATH: libraries.map(name => join(home, 'python', 'lib', name)).join(':'),
    JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
    ...(process.env.JAVA_HOME === undefined ? {} : { JAVA_HOME: process.env.JAVA_HOME })
  };
}

/** Processes whose command line has all of these words. */
export async function processesWith(...words: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // A process may have ended by now.
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (words.every(word => commandLine.includes(word))) found.push(Number(name));
  }
  return found.sort((a, b) => a - b);
}
