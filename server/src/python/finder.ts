import { NotALiteral, type PythonLiteral, parsePythonLiteral } from './literal.js';

/** A dotted name and the path of its code. */
export interface MappedName {
  readonly name: string;
  /** The path as the hook has it: a package's folder or `__init__.py`, or a module's file. setuptools omits `.py`. */
  readonly path: string;
}

/** What the text of an editable's import hook says. */
export interface FinderReading {
  readonly modules: MappedName[];
  /** Folders of namespace packages; everything below them can be imported. */
  readonly namespaces: MappedName[];
  /** Top-level names without a path; meson-python's loader has only these. */
  readonly topLevels: string[];
  /** The hook loads files that were compiled for this platform (scikit-build-core, meson-python). */
  readonly isCompiled: boolean;
}

/**
 * Reads the import hook of a PEP 660 editable as text; it is never executed. These hooks are known:
 * - setuptools' `__editable___<name>_finder.py`: `MAPPING = {…}` and `NAMESPACES = {…}`,
 * - the `editables` library (hatchling's exact mode, pdm): `F.map_module('name', 'path')`,
 * - scikit-build-core's `_<name>_editable.py`: `install({module: path}, {module: built file}, …)`,
 * - meson-python's `_<name>_editable_loader.py`: `install('name', {top-level names}, …)`.
 *
 * @returns undefined when the text is none of them
 */
export function readFinder(text: string): FinderReading | undefined {
  return readSetuptools(text) ?? readEditables(text) ?? readLoader(text);
}

function readSetuptools(text: string): FinderReading | undefined {
  const mapping = literalAfter(text, /^MAPPING\b[^=\n]*=/m);
  if (!(mapping instanceof Map)) return undefined;
  const namespaces = literalAfter(text, /^NAMESPACES\b[^=\n]*=/m);
  return {
    modules: pairs(mapping),
    namespaces: namespaces instanceof Map ? pairs(namespaces) : [],
    topLevels: [],
    isCompiled: false
  };
}

function readEditables(text: string): FinderReading | undefined {
  const modules: MappedName[] = [];
  for (const call of text.matchAll(/^\w+\.map_module(?=\()/gm)) {
    const [name, path] = literalArguments(text, call.index + call[0].length);
    if (typeof name === 'string' && typeof path === 'string') modules.push({ name, path });
  }
  return modules.length === 0 ? undefined : { modules, namespaces: [], topLevels: [], isCompiled: false };
}

function readLoader(text: string): FinderReading | undefined {
  const call = [...text.matchAll(/^install(?=\()/gm)].at(-1);
  if (call === undefined) return undefined;
  const [first, second] = literalArguments(text, call.index + call[0].length);
  if (first instanceof Map) {
    const isCompiled = second instanceof Map && second.size > 0;
    return { modules: pairs(first), namespaces: [], topLevels: [], isCompiled };
  }
  if (typeof first !== 'string') return undefined;
  const topLevels = Array.isArray(second) ? second.filter(name => typeof name === 'string') : [first];
  return { modules: [], namespaces: [], topLevels, isCompiled: true };
}

function literalAfter(text: string, pattern: RegExp): PythonLiteral | undefined {
  const match = pattern.exec(text);
  return match === null ? undefined : literalAt(text, match.index + match[0].length);
}

/** The arguments of a call whose `(` is at that index; none when one of them is not a literal. */
function literalArguments(text: string, parenthesis: number): PythonLiteral[] {
  const value = literalAt(text, parenthesis);
  return Array.isArray(value) ? value : [];
}

function literalAt(text: string, index: number): PythonLiteral | undefined {
  try {
    return parsePythonLiteral(text, index).value;
  } catch (error) {
    // The tool never writes such text, so this is not its hook.
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

/** Names and paths of `{name: path}` or `{name: [path, …]}`. */
function pairs(map: ReadonlyMap<PythonLiteral, PythonLiteral>): MappedName[] {
  const found: MappedName[] = [];
  for (const [name, value] of map) {
    for (const path of Array.isArray(value) ? value : [value]) {
      if (typeof name === 'string' && typeof path === 'string') found.push({ name, path });
    }
  }
  return found;
}
