/** Scripts in `bin/`, rewritten as the pex tool does, so that they contain no path of this machine (pex/pep_427.py). */

/** A line of `console_scripts` or `gui_scripts`. */
interface ScriptEntryPoint extends Target {
  readonly name: string;
}

/** The object that the script of an entry point calls. */
interface Target {
  readonly module: string;
  /** Names below the module. When there are none, the module runs as a program. */
  readonly attributes: readonly string[];
}

/** The scripts that an entry_points.txt declares, by name. Invalid lines are ignored. */
export function scriptEntryPoints(text: string): Map<string, ScriptEntryPoint> {
  const scripts = new Map<string, ScriptEntryPoint>();
  let group = '';
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const section = /^\[(.*)\]$/.exec(line);
    if (section !== null) {
      group = section[1] ?? '';
    } else if (group === 'console_scripts' || group === 'gui_scripts') {
      // Extras at the end (`name = module:attr [extra]`) do not matter for a script.
      const match = /^([^=]+)=\s*([^:[\s]+)\s*(?::\s*([^[\s]+)\s*)?(?:\[.*)?$/.exec(line);
      if (match === null) continue;
      const [, name = '', module = '', attributes] = match;
      scripts.set(name.trim(), { name: name.trim(), module, attributes: attributes?.split('.') ?? [] });
    }
  }
  return scripts;
}

/** The script of an entry point, with the same text as the pex tool writes (pex/entry_points_txt.py, install_scripts). */
export function entryPointScript({ module, attributes }: Target): string {
  const cleanUp = `    import os
    pex_root_fallback = os.environ.get("_PEX_ROOT_FALLBACK")
    if pex_root_fallback:
        import atexit
        import shutil

        atexit.register(shutil.rmtree, pex_root_fallback, True)
`;
  if (attributes.length === 0) {
    return `#!python
# -*- coding: utf-8 -*-
import runpy
import sys

if __name__ == "__main__":
${cleanUp}
    runpy.run_module(${pythonString(module)}, run_name="__main__", alter_sys=True)
    sys.exit(0)
`;
  }
  const names = attributes.map(pythonString).join(', ');
  return `#!python
# -*- coding: utf-8 -*-
import importlib
import sys

entry_point = importlib.import_module(${pythonString(module)})
for attr in (${names}${attributes.length === 1 ? ',' : ''}):
    entry_point = getattr(entry_point, attr)

if __name__ == "__main__":
${cleanUp}
    sys.exit(entry_point())
`;
}

/** Lines that installers write into the script of an entry point besides the import and the call. */
const BOILERPLATE = new RegExp(
  `^(?:${[
    '',
    '#.*',
    'import re',
    'import sys',
    `if __name__ == ['"]__main__['"]:`,
    // On Windows a script has another name.
    String.raw`(?:el)?if sys\.argv\[0\]\.endswith\(['"][^'"]*['"]\):`,
    String.raw`sys\.argv\[0\] = sys\.argv\[0\]\[:-\d+\]`,
    String.raw`sys\.argv\[0\] = sys\.argv\[0\]\.removesuffix\(['"][^'"]*['"]\)`,
    String.raw`sys\.argv\[0\] = re\.sub\(r?['"][^'"]*['"], ['"]{2}, sys\.argv\[0\]\)`
  ].join('|')})$`
);

/**
 * The entry point of a script that pip, uv, distlib or the pex tool wrote; undefined for any other script.
 *
 * Several distributions may declare the same name with different targets. Only the script in `bin/` shows which one it calls.
 */
export function installedEntryPoint(script: string): Target | undefined {
  return pexEntryPoint(script) ?? importedEntryPoint(script);
}

/** The target of a script that {@link entryPointScript} wrote. */
function pexEntryPoint(script: string): Target | undefined {
  const module = /(?:import|run)_module\('([^']+)'/.exec(script)?.[1];
  if (module === undefined) return undefined;
  const names = /^for attr in \(([^)]*)\):$/m.exec(script)?.[1] ?? '';
  const target = { module, attributes: [...names.matchAll(/'([^']+)'/g)].map(([, name = '']) => name) };
  return entryPointScript(target) === script ? target : undefined;
}

/** The target of a script that imports a name, calls it, and does nothing else. */
function importedEntryPoint(script: string): Target | undefined {
  const [load = '', call = '', ...others] = script
    .split(/\r\n|\r|\n/)
    .map(line => line.trim())
    .filter(line => !BOILERPLATE.test(line));
  const [, module, imported] = /^from ([\w.]+) import (\w+)$/.exec(load) ?? [];
  const attributes = /^sys\.exit\(([\w.]+)\(\)\)$/.exec(call)?.[1]?.split('.');
  if (module === undefined || attributes?.[0] !== imported || others.length > 0) return undefined;
  return { module, attributes: attributes ?? [] };
}

/** Shebangs of Python that the pex tool knows (pex/executables.py, _PYTHON_SHEBANG_RE). */
const PYTHON_SHEBANG = /^(?:|.*\W)(?:python|pypy)(?:\d+(?:\.\d+)*)?(?:\.exe)?(?:\s\S|$)/i;
/** A line that declares the encoding (PEP 263). */
const ENCODING_LINE = /^[ \t\f]*#.*?coding[:=][ \t]*[-_.a-zA-Z0-9]+/;

/**
 * A Python script with the shebang `#!python`, which the pex tool replaces with the venv's python; undefined when the file is
 * not a Python script. When a path is too long for a shebang, or has a space, installers write an `sh` script in a Python
 * string instead; that string is removed.
 */
export function withNeutralShebang(script: Buffer): Buffer | undefined {
  if (script.subarray(0, 2).toString('latin1') !== '#!') return undefined;
  const lines = lineEnds(script);
  const line = (index: number): string =>
    script.subarray(lines[index - 1] ?? 0, lines[index] ?? script.length).toString('latin1');
  const shebang = line(0).slice(2).trimEnd();
  if (PYTHON_SHEBANG.test(shebang))
    return Buffer.concat([Buffer.from('#!python\n'), script.subarray(lines[0] ?? script.length)]);
  if (shebang !== '/bin/sh') return undefined;
  const encoding = ENCODING_LINE.test(line(1)) ? line(1) : '';
  const first = encoding === '' ? 1 : 2;
  const redirect = line(first);
  const isRedirect = redirect === "'''': pshprs\n" || (/^'''.*exec.+/.test(redirect) && redirect.split("'").length > 4);
  if (!isRedirect) return undefined;
  let last = first + 1;
  while (last < lines.length && !line(last).endsWith("'''\n")) last += 1;
  return Buffer.concat([Buffer.from(`#!python\n${encoding}`, 'latin1'), script.subarray(lines[last] ?? script.length)]);
}

/** Offsets behind each of the first line feeds. A shebang and its redirection have few lines. */
function lineEnds(script: Buffer): number[] {
  const ends: number[] = [];
  for (let at = script.indexOf(10); at !== -1 && ends.length < 64; at = script.indexOf(10, at + 1)) ends.push(at + 1);
  return ends;
}

/** A string literal as Python's `repr` writes it. */
function pythonString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
