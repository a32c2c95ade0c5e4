import { createHash } from 'node:crypto';
import { realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import type { Cache } from '../../system/cache/cache.js';
import type { Interpreter } from '../../contract/snapshot.js';
import { ShipEnvError } from '../../errors.js';
import { FILE_KINDS, readBounded } from '../../system/files/read.js';
import { parseJson } from '../../text/json.js';
import { ProcessError, run } from '../../system/process/run.js';
import { shellWord } from '../../text/shell-word.js';
import { PROBE_SCRIPT } from './probe-script.js';
import { type Pyvenv, findPyvenv } from '../../python/pyvenv.js';
import { kindAt } from '../../memo/disk.js';

/** A directory that is searched for distributions. */
export interface SiteDirectory {
  readonly path: string;
  readonly layer: 'environment' | 'base';
  /** The installation prefix that contains it. All files of its distributions are below this prefix. */
  readonly prefix: string;
}

/** The interpreter, and its site directories with their prefixes. */
export interface InterpreterAnswer {
  /** Names the interpreter and its environment. It changes when anything changes that the answer depends on. */
  readonly key: string;
  readonly interpreter: Interpreter;
  readonly siteDirectories: readonly SiteDirectory[];
}

const answer = z.object({
  implementation: z.string(),
  version: z.string(),
  major: z.number(),
  minor: z.number(),
  soabi: z.string(),
  platform: z.string(),
  prefix: z.string(),
  basePrefix: z.string(),
  siteDirectories: z.array(z.object({ path: z.string(), prefix: z.string(), layer: z.enum(['environment', 'base']) }))
});
type Answer = z.infer<typeof answer>;

/** An interpreter on a slow network disk may take long to start, but a hanging one must not block a ship. */
const START_TIMEOUT_MS = 60_000;
const OLDEST_MINOR = 9;

/**
 * Asks the interpreter for its version and its site directories. The answer is cached under the identity of the executable
 * and the content of pyvenv.cfg.
 *
 * @param python - the executable, or the folder of a virtual environment
 * @throws ShipEnvError PYTHON_NOT_FOUND, PYTHON_UNSUPPORTED
 */
export async function askInterpreter(python: string, cache: Cache, signal: AbortSignal): Promise<InterpreterAnswer> {
  const executable = await findExecutable(python);
  const pyvenv = await findPyvenv(executable);
  const question = JSON.stringify({
    venv: pyvenv?.prefix ?? null,
    systemSite: pyvenv?.config.includeSystemSite ?? true,
    extended: pyvenv?.config.extendsEnvironment ?? null,
    userSite: !process.env['PYTHONNOUSERSITE']
  });
  const key = await identityOf(executable, pyvenv, question);
  const text = await remembered(cache, key, () => ask(executable, question, signal));
  const answered = toAnswer(executable, text);
  await refuseConda(executable, answered.siteDirectories);
  return { key, ...answered };
}

/**
 * Refuses conda environments: their packages need libraries that conda installs outside of the Python packages. A virtual
 * environment that was made from conda's python contains no such packages, so it ships.
 */
async function refuseConda(executable: string, siteDirectories: readonly SiteDirectory[]): Promise<void> {
  for (const prefix of new Set(siteDirectories.map(each => each.prefix))) {
    if ((await kindAt(join(prefix, 'conda-meta'))) !== 'directory') continue;
    const python = shellWord(join(prefix, 'bin', 'python'));
    throw new ShipEnvError(
      'PYTHON_UNSUPPORTED',
      `A virtual environment was wanted; ${executable} uses the packages of the conda environment ${prefix}. ` +
        'Their libraries lie outside of the Python packages and would be missing on the executors.',
      {
        hint:
          `Make a virtual environment without conda's packages and choose it as the kernel: ${python} -m venv my-env, ` +
          'then my-env/bin/pip install ipykernel pyspark and what else you use.'
      }
    );
  }
}

/**
 * The absolute path of a python, from its path or from the folder of its environment.
 *
 * @throws ShipEnvError PYTHON_NOT_FOUND
 */
export async function findExecutable(python: string): Promise<string> {
  const path = resolve(python);
  const found = await kindAt(path);
  if (found === 'file') return path;
  if (found === 'directory') {
    const executable = join(path, 'bin', 'python');
    if ((await kindAt(executable)) === 'file') return executable;
    throw new ShipEnvError('PYTHON_NOT_FOUND', `The folder ${path} has no bin/python.`, {
      hint: 'Name the folder of a virtual environment, or the python executable in it.'
    });
  }
  const beside = join(dirname(path), 'python');
  const pyvenv = await findPyvenv(path);
  throw new ShipEnvError('PYTHON_NOT_FOUND', `There is no python at ${path}.`, {
    hint:
      (await kindAt(beside)) === 'file'
        ? `Check the path. The same folder has ${beside}.`
        : pyvenv === undefined
          ? 'Check the path. In a notebook, sys.executable is the path of its python.'
          : `The virtual environment was made from a python in ${pyvenv.config.home || 'a folder'} that may be gone. Make the environment again.`
  });
}

/** Name of the cache entry: a digest of everything that the answer depends on. */
async function identityOf(executable: string, pyvenv: Pyvenv | undefined, question: string): Promise<string> {
  const real = await realpath(executable);
  const { size, mtimeNs, ctimeNs } = await stat(real, { bigint: true });
  const user = [process.env['HOME'], process.env['PYTHONUSERBASE'], process.getuid?.()];
  const parts = [executable, real, size, mtimeNs, ctimeNs, pyvenv?.text, question, ...user, PROBE_SCRIPT];
  return createHash('sha256').update(parts.map(String).join('\0')).digest('hex');
}

async function remembered(cache: Cache, key: string, askAgain: () => Promise<string>): Promise<string> {
  for (;;) {
    let fresh: string | undefined;
    const { path } = await cache.entry('interpreters', `${key}.json`, async temporary => {
      fresh = await askAgain();
      await writeFile(temporary, fresh);
    });
    const text = fresh ?? (await readBounded(path, FILE_KINDS.cacheNote)).toString('utf8');
    if (fresh !== undefined || isAnswer(text)) return text;
    // The entry is damaged, by a full disk or an editor: ask again.
    await cache.drop('interpreters', `${key}.json`);
  }
}

function isAnswer(text: string): boolean {
  return answer.safeParse(parseJson(text)).success;
}

async function ask(executable: string, question: string, signal: AbortSignal): Promise<string> {
  let stdout: string;
  try {
    const output = await run(executable, ['-I', '-S', '-c', PROBE_SCRIPT, question], {
      signal,
      timeoutMs: START_TIMEOUT_MS,
      env: withoutPythonVariables()
    });
    stdout = output.stdout;
  } catch (error) {
    if (error instanceof ProcessError) throw await startFailure(executable, error, signal);
    throw error;
  }
  if (isAnswer(stdout)) return stdout;
  throw new ShipEnvError('PYTHON_NOT_FOUND', `${executable} runs, but its output is not that of a python.`, {
    hint: 'Name the python executable of a virtual environment.'
  });
}

/** Removes Python's variables. `-I` ignores `PYTHON*`, but sysconfig still reads some `_PYTHON*` variables. */
function withoutPythonVariables(): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter(name => /^_?PYTHON/.test(name) && name !== 'PYTHONUSERBASE');
  return Object.fromEntries(names.map(name => [name, undefined]));
}

async function startFailure(executable: string, cause: ProcessError, signal: AbortSignal): Promise<ShipEnvError> {
  const version = cause.reason === 'exit-code' ? await versionOf(executable, signal) : undefined;
  if (version !== undefined && isTooOld(version)) return unsupported(executable, `Python ${version.text}`, cause);
  return new ShipEnvError('PYTHON_NOT_FOUND', `${executable} does not start. ${cause.message}`, {
    hint: 'Start it by hand to see why. If it is a virtual environment whose base python is gone, make it again.',
    cause
  });
}

/** The version of a python that failed with `-I`. Python 2 does not know `-I`, but every python knows `--version`. */
async function versionOf(
  executable: string,
  signal: AbortSignal
): Promise<{ major: number; minor: number; text: string } | undefined> {
  try {
    const { stdout, stderr } = await run(executable, ['--version'], { signal, timeoutMs: START_TIMEOUT_MS });
    const match = /^Python ((\d+)\.(\d+)\S*)/.exec(stdout + stderr);
    return match === null ? undefined : { text: match[1] ?? '', major: Number(match[2]), minor: Number(match[3]) };
  } catch (error) {
    // The first failure is the one to report.
    if (error instanceof ProcessError) return undefined;
    throw error;
  }
}

function isTooOld(version: { major: number; minor: number }): boolean {
  return version.major < 3 || (version.major === 3 && version.minor < OLDEST_MINOR);
}

function unsupported(executable: string, found: string, cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'PYTHON_UNSUPPORTED',
    `CPython 3.${OLDEST_MINOR} or later is needed, ${executable} is ${found}.`,
    {
      hint: `Make the environment with CPython 3.${OLDEST_MINOR} or later and choose it as the notebook's kernel.`,
      cause
    }
  );
}

function toAnswer(executable: string, text: string): Omit<InterpreterAnswer, 'key'> {
  const said: Answer = answer.parse(JSON.parse(text));
  if (said.implementation !== 'cpython') throw unsupported(executable, said.implementation);
  if (isTooOld(said)) throw unsupported(executable, `Python ${said.version}`);
  const pythonTag = `cp${said.major}${said.minor}`;
  return {
    interpreter: {
      executable,
      implementation: said.implementation,
      version: said.version,
      minor: `${said.major}.${said.minor}`,
      pythonTag,
      abiTag: abiTagFrom(said.soabi) ?? pythonTag,
      platformTag: said.platform.replace(/[-.]/g, '_'),
      prefix: said.prefix,
      basePrefix: said.basePrefix,
      siteDirectories: said.siteDirectories.map(({ path, layer }) => ({ path, layer }))
    },
    siteDirectories: said.siteDirectories
  };
}

/** `cpython-313t-x86_64-linux-gnu` → `cp313t`. */
function abiTagFrom(soabi: string): string | undefined {
  const abi = /^cpython-(\d+[a-z]*)/.exec(soabi)?.[1];
  return abi === undefined ? undefined : `cp${abi}`;
}
