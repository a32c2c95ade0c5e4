import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Distribution, Interpreter } from '../../contract/snapshot.js';
import { ShipEnvError } from '../../errors.js';
import { ProcessError, run } from '../../process/run.js';
import { changed } from '../read-file.js';
import type { FileEntry, ModulesToCompile, PlannedSegment, SegmentEntry } from '../types.js';
import { COMPILE_SCRIPT } from './compile-script.js';
import { OURS } from './header.js';

/** Changes with everything that gives other bytes for the same sources: the script, which modules, the format. */
const COMPILE_VERSION = 1;

/** Folders of tests, which nodes do not import: half of all modules, a third of the time, in a data scientist's environment. */
const TESTS = /(?:^|\/)tests?\//;

/** What a notebook's kernel needs and an executor does not: a third of the rest. An executor that does compiles it. */
const OF_THE_KERNEL = new Set([
  'debugpy',
  'ipykernel',
  'ipython',
  'ipython-pygments-lexers',
  'ipywidgets',
  'jedi',
  'jupyter-client',
  'jupyter-core',
  'jupyterlab',
  'jupyterlab-pygments',
  'jupyterlab-widgets',
  'matplotlib-inline',
  'nbclient',
  'nbconvert',
  'nbformat',
  'notebook',
  'parso',
  'pexpect',
  'pip',
  'prompt-toolkit',
  'pygments',
  'pyzmq',
  'setuptools',
  'stack-data',
  'tornado',
  'wcwidth',
  'widgetsnbextension'
]);

/**
 * Which modules of a distribution are compiled, by which python; undefined when there are none.
 *
 * `identity` is what the result depends on besides the sources: other versions of Python, also in the third place, may
 * compile the same source to other bytes.
 */
export function modulesToCompile(
  { normalizedName }: Pick<Distribution, 'normalizedName'>,
  entries: Iterable<SegmentEntry>,
  { executable, version, abiTag }: Interpreter
): ModulesToCompile | undefined {
  if (OF_THE_KERNEL.has(normalizedName)) return undefined;
  const sources = [...entries].filter(isModule);
  if (sources.length === 0) return undefined;
  return { python: executable, identity: `${COMPILE_VERSION} ${abiTag} ${version}`, sources };
}

function isModule(entry: SegmentEntry): entry is FileEntry {
  const { name } = entry;
  return entry.kind === 'file' && name.endsWith('.py') && !name.startsWith('.prefix/') && !TESTS.test(name);
}

const answer = z.union([
  z.object({ bytes: z.number(), sha256: z.string() }),
  z.object({ changed: z.string() }),
  z.object({ error: z.tuple([z.string(), z.string()]) })
]);

/**
 * Compiles the modules of a distribution while `write` writes the rest of it; the file that holds them is gone
 * afterwards. When `write` fails the compiler stops.
 */
export async function withCompiledModules<T>(
  segment: Pick<PlannedSegment, 'wheel' | 'modules'>,
  output: string,
  signal: AbortSignal,
  write: (compiled: Promise<FileEntry | undefined>) => Promise<T>
): Promise<T> {
  const failed = new AbortController();
  const compiling = compileModules(segment, output, AbortSignal.any([signal, failed.signal]));
  // It is awaited by `write`; until then a failure must not count as unhandled.
  const ended = compiling.catch(() => undefined);
  try {
    return await write(compiling);
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    await ended;
    await rm(output, { force: true });
  }
}

/**
 * Compiles the modules of a distribution into one file, so that no node has to, and a central directory does not grow.
 *
 * @param output - path of the file, which must not exist
 * @returns the entry that holds it, named from the root of the archive; undefined when there is nothing to compile
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED, PYTHON_NOT_FOUND; an error with the code of the system's; the signal's reason
 */
export async function compileModules(
  { wheel, modules }: Pick<PlannedSegment, 'wheel' | 'modules'>,
  output: string,
  signal: AbortSignal
): Promise<FileEntry | undefined> {
  if (modules === undefined) return undefined;
  const { python, sources } = modules;
  const said = answer.parse(JSON.parse(await ask(python, output, sources, signal)));
  if ('changed' in said) throw changed(sources.find(({ source }) => source === said.changed) ?? unknown(said.changed));
  if ('error' in said) throw Object.assign(new Error(said.error[1]), { code: said.error[0] });
  const { bytes, sha256 } = said;
  return { kind: 'file', name: `${OURS}pyc/${wheel}`, source: output, size: bytes, sha256, executable: false };
}

async function ask(
  python: string,
  output: string,
  sources: readonly FileEntry[],
  signal: AbortSignal
): Promise<string> {
  const input = JSON.stringify({ output, sources: sources.map(({ name, source, sha256 }) => [name, source, sha256]) });
  try {
    // Without -I, which would ignore the seed of hashes as well.
    const { stdout } = await run(python, ['-S', '-s', '-B', '-W', 'ignore', '-c', COMPILE_SCRIPT], {
      signal,
      cwd: '/',
      input,
      env: { ...withoutPythonVariables(), PYTHONHASHSEED: '0' }
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new ShipEnvError('PYTHON_NOT_FOUND', `${python} was to compile modules and did not. ${error.message}`, {
      hint: 'Start it by hand to see why; make the environment again if it is broken.',
      cause: error
    });
  }
}

function withoutPythonVariables(): Record<string, undefined> {
  const names = Object.keys(process.env).filter(name => /^_?PYTHON/.test(name));
  return Object.fromEntries(names.map(name => [name, undefined]));
}

function unknown(path: string): never {
  throw new RangeError(`The compiler names ${path}, which it was not given.`);
}
