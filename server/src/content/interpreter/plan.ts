import type { Interpreter } from '../../contract/snapshot.js';
import { hashEach } from '../../environment/distributions/hash-files.js';
import { environmentChanged } from '../../environment/lazy.js';
import { Disk } from '../../system/files/stat-files.js';
import type { Cache } from '../../system/cache/cache.js';
import { isExecutable } from '../../system/files/modes.js';
import { compareText } from '../../text/compare.js';
import { CompiledModules } from '../segments/compile/compiled-modules.js';
import { compiledBy, hasCompilableName } from '../segments/compile/modules.js';
import { segmentKey } from '../segments/plan/segment-key.js';
import type { FileEntry, LazySegment, PlannedSegment } from '../segments/types.js';
import { installedFiles } from './installation.js';

/** Where a segment has what stands beside the packages of an environment. */
const DATA = '.prefix/data/';

/** Goes before every distribution: nothing takes the place of a file of the interpreter. */
const RANK = -1;

/**
 * The segment that brings the interpreter itself: program, standard library, and the shared libraries that belong to
 * them, at their places in the installation.
 *
 * All files are read each time. Nothing tells otherwise whether one of them was edited.
 *
 * @param basePython - the program, links resolved
 * @throws ShipEnvError PYTHON_NOT_RELOCATABLE, PYTHON_FAILED; the signal's reason
 */
export async function planInterpreter(
  interpreter: Interpreter,
  basePython: string,
  { cache, signal }: { readonly cache: Cache; readonly signal: AbortSignal }
): Promise<LazySegment> {
  const plan = (): Promise<PlannedSegment> =>
    CompiledModules.during(cache, signal, compiled => planNow(interpreter, basePython, { compiled, signal }));
  const planned = await plan();
  const { entries: _entries, modules: _modules, ...outline } = planned;
  let kept: PlannedSegment | undefined = planned;
  return {
    ...outline,
    rank: RANK,
    // Given once, to the builder that compresses it: then it is in the cache. A segment damaged there is planned again.
    async whole() {
      const given = kept ?? (await plan());
      kept = undefined;
      if (given.key !== outline.key) throw environmentChanged();
      return given;
    }
  };
}

async function planNow(
  interpreter: Interpreter,
  basePython: string,
  { compiled, signal }: { readonly compiled: CompiledModules; readonly signal: AbortSignal }
): Promise<PlannedSegment> {
  const { version, pythonTag, abiTag, platformTag, executable: python } = interpreter;
  const entries: FileEntry[] = [];
  const files = await installedFiles(interpreter, basePython);
  await hashEach(files, { signal, disk: new Disk() }, ({ place, path, stats }, { sha256, size }) => {
    const executable = isExecutable(stats.mode);
    entries.push({ kind: 'file', name: DATA + place, source: path, size, sha256, executable });
  });
  entries.sort((a, b) => compareText(a.name, b.name));
  const sources = entries.filter(hasCompilableName);
  const toCompile = { python, identity: compiledBy(interpreter), sources };
  const modules = { ...toCompile, compiled: await compiled.factsOf(toCompile) };
  const wheel = `python_interpreter-${version}-${pythonTag}-${abiTag}-${platformTag}.whl`;
  return {
    wheel,
    name: 'python-interpreter',
    version,
    key: segmentKey({ wheel, unlistedScripts: [], entries, compiled: modules.compiled.sha256 }),
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
    entryCount: entries.length,
    executables: entries.filter(({ executable }) => executable).map(({ name }) => name),
    unlistedScripts: [],
    entries,
    modules
  };
}
