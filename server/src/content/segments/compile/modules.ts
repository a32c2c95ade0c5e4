import type { Distribution, Interpreter } from '../../../contract/snapshot.js';
import type { FileEntry, ModulesToCompile, SegmentEntry } from '../types.js';

/** Increase it with every change that gives other bytes for the same sources: of the script, of the format. */
const COMPILE_VERSION = 2;

/** Folders of tests. Nodes do not import them, and in a typical environment they are half of all modules. */
const TESTS = /(?:^|\/)tests?\//;

/** Distributions that only a notebook's kernel needs, a third of the other modules. An executor can still compile them. */
const KERNEL_ONLY = new Set([
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
 * The modules of a distribution that are compiled, and the python that compiles them; undefined when there are none.
 *
 * `identity` is what the result depends on besides the sources: another version of Python, even another patch version, may
 * compile the same source to other bytes.
 */
export function modulesToCompile(
  { normalizedName }: Pick<Distribution, 'normalizedName'>,
  entries: Iterable<SegmentEntry>,
  interpreter: Interpreter
): ModulesToCompile | undefined {
  if (KERNEL_ONLY.has(normalizedName)) return undefined;
  const sources = modulesAmong(entries);
  if (sources.length === 0) return undefined;
  return { python: interpreter.executable, identity: compiledBy(interpreter), sources };
}

/** What the compiled form of a module depends on besides its source. */
export function compiledBy({ implementation, version, abiTag, basePrefix }: Interpreter): string {
  return JSON.stringify([COMPILE_VERSION, implementation, abiTag, version, basePrefix]);
}

/** The entries that also ship compiled, in the same order. */
export function modulesAmong(entries: Iterable<SegmentEntry>): FileEntry[] {
  return [...entries].filter(isModule);
}

/** The most bytes that the name of a compiled module is longer: `.cpython-314t.pyc` for `.py`, with a margin. */
const COMPILED_SUFFIX_BYTES = 32;
const MAX_FILE_NAME_BYTES = 255;

function isModule(entry: SegmentEntry): entry is FileEntry {
  return entry.kind === 'file' && !entry.name.startsWith('.prefix/') && hasCompilableName(entry);
}

/** Whether nodes import the module with this name, and a file on a node can have the name of its compiled form. */
export function hasCompilableName({ name }: Pick<SegmentEntry, 'name'>): boolean {
  const nameBytes = Buffer.byteLength(name.slice(name.lastIndexOf('/') + 1));
  return nameBytes <= MAX_FILE_NAME_BYTES - COMPILED_SUFFIX_BYTES && name.endsWith('.py') && !TESTS.test(name);
}
