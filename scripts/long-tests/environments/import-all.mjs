/**
 * Imports all top-level modules of an environment, one after the other, and writes a line of JSON for each: its name,
 * and the kind of error or null. The same program runs in the kernel's environment and on the node, with the same list:
 * every import that works in the kernel must work on the node.
 *
 * A module may print, start threads or end the process when it is imported, so the results go to a file.
 */
export const LIST_MODULES = `
import importlib.metadata, json, sys
home = {"pyspark", "py4j", "jupyterlab-ship-env"}
found = {
    module: names for module, names in importlib.metadata.packages_distributions().items()
    if module.isidentifier() and not home.issuperset(names)
}
print(json.dumps(sorted(found)))
`;

export const IMPORT_ALL = `
import faulthandler, importlib, json, os, sys, warnings
faulthandler.enable()
warnings.simplefilter("ignore")
output, *modules = sys.argv[1:]
with open(output, "w") as results:
    for module in modules:
        print(json.dumps([module, "ended the process", None]), file=results, flush=True)
        at = results.tell()
        try:
            imported = importlib.import_module(module)
            said = [module, None, getattr(imported, "__file__", None)]
        except BaseException as error:
            said = [module, type(error).__name__, None]
        print(json.dumps(said), file=results, flush=True)
os._exit(0)
`;

/**
 * @typedef {{error: string | null, file: string | null}} Imported
 *
 * @param {string} text what {@link IMPORT_ALL} wrote; the last line of a module counts
 * @returns {Map<string, Imported>}
 */
export function importedOf(text) {
  const lines = text.split('\n').filter(line => line !== '');
  return new Map(
    lines.map(line => {
      const [module, error, file] = JSON.parse(line);
      return [module, { error, file }];
    })
  );
}

/**
 * Modules that the kernel can import, and that the node cannot import or imports from another place.
 *
 * @param {ReadonlyMap<string, Imported>} kernel
 * @param {ReadonlyMap<string, Imported>} node
 * @param {string} nodeRoot folder in which the node unpacks
 * @returns {string[]} a sentence for each
 */
export function differences(kernel, node, nodeRoot) {
  const wrong = [];
  for (const [module, { error }] of kernel) {
    const there = node.get(module);
    if (error !== null) {
      continue;
    }
    if (there === undefined || there.error !== null) {
      wrong.push(`${module} cannot be imported: ${there?.error ?? 'not tried'}`);
    } else if (there.file !== null && !there.file.startsWith(nodeRoot)) {
      wrong.push(`${module} comes from ${there.file}`);
    }
  }
  return wrong;
}
