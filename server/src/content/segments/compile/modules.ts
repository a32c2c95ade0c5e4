import type { Distribution, Interpreter } from '../../../contract/snapshot.js';
import type { FileEntry, ModulesToCompile, SegmentEntry } from '../types.js';

/** Changes with everything that gives other bytes for the same sources: the script, the format. */
const COMPILE_VERSION = 2;

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
  interpreter: Interpreter
): ModulesToCompile | undefined {
  if (OF_THE_KERNEL.has(normalizedName)) return undefined;
  const sources = modulesAmong(entries);
  if (sources.length === 0) return undefined;
  return { python: interpreter.executable, identity: compiledBy(interpreter), sources };
}

/** What the compiled form of a module depends on besides its source. */
export function compiledBy({ implementation, version, abiTag, basePrefix }: Interpreter): string {
  return JSON.stringify([COMPILE_VERSION, implementation, abiTag, version, basePrefix]);
}

/** Those entries that ship compiled as well, in their order. */
export function modulesAmong(entries: Iterable<SegmentEntry>): FileEntry[] {
  return [...entries].filter(isModule);
}

/** Bytes by which the name of a compiled module is longer: `.cpython-314t.pyc` for `.py`, and some to spare. */
const COMPILED_SUFFIX_BYTES = 32;
const MAX_FILE_NAME_BYTES = 255;

function isModule(entry: SegmentEntry): entry is FileEntry {
  return entry.kind === 'file' && !entry.name.startsWith('.prefix/') && hasCompilableName(entry);
}

/** Is this the name of a module that nodes import, and its compiled form's a name that a file on a node can have? */
export function hasCompilableName({ name }: Pick<SegmentEntry, 'name'>): boolean {
  const nameBytes = Buffer.byteLength(name.slice(name.lastIndexOf('/') + 1));
  return nameBytes <= MAX_FILE_NAME_BYTES - COMPILED_SUFFIX_BYTES && name.endsWith('.py') && !TESTS.test(name);
}
