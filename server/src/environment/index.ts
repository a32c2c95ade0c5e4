import type { Cache } from '../system/cache/cache.js';
import type { Distribution, Finding, Snapshot } from '../contract/snapshot.js';
import { ShipEnvError, hasCode, isSystemError } from '../errors.js';
import { orLeaveBehind } from '../system/files/leave-behind.js';
import { NotRegular } from '../system/files/open.js';
import { identifyDistributions, knownDistributions } from './distributions/distributions.js';
import { findCompiledExtension } from './editables/roots.js';
import { whyNotOneProject } from './editables/scope.js';
import type { FoundEditable } from './editables/editables.js';
import { type InterpreterAnswer, askInterpreter } from './interpreter/interpreter.js';
import { type KeptSnapshot, keepSnapshot, keptSnapshot } from './kept.js';
import { type DistributionFacts, type LazyDistribution, type LazySnapshot, environmentChanged } from './lazy.js';
import { Looks, noteLooks } from '../memo/looks.js';
import { Owners } from './distributions/owners.js';
import { KnownDistributions } from './known-distributions.js';
import { kindAt } from '../memo/disk.js';
import { resolveNames } from './resolve.js';
import { findSharedFiles } from './distributions/shared-files.js';
import { type SiteContents, readSites } from './site-contents.js';
import { areUnchanged } from '../memo/unchanged.js';
import { findUnownedModules } from './unowned.js';
import { compareText } from '../text/compare.js';

export { type LazyDistribution, type LazySnapshot, environmentChanged } from './lazy.js';

/** What {@link takeSnapshot} needs. */
export interface SnapshotOptions {
  /** The kernel python: an executable, or the folder of a virtual environment. */
  readonly python: string;
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Called with the number of files identified so far, and of all files. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads what the kernel python holds now, only from its files: it does not run pip, imports no code of the environment or the
 * person, and writes nothing in the environment. A file that its stat proves unchanged is not read again.
 *
 * @throws ShipEnvError PYTHON_NOT_FOUND, PYTHON_UNSUPPORTED, SNAPSHOT_UNREADABLE, CACHE_UNUSABLE, DISK_FULL
 * @throws the signal's reason when it is aborted
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  return translated(options.signal, async () => {
    const answer = await askInterpreter(options.python, options.cache, options.signal);
    const { distributions, ...found } = await read(answer, options, new KnownDistributions());
    const whole = await Promise.all(distributions.map(distribution => distribution.whole()));
    return { ...(await completed(answer, found)), distributions: whole };
  });
}

/**
 * {@link takeSnapshot} for callers that may not need all of it. An unchanged distribution costs one stat for each file and the
 * little that was stored at the last snapshot. The code of editables is looked at each time.
 *
 * @throws as {@link takeSnapshot} does
 */
export async function lookAtEnvironment(options: SnapshotOptions): Promise<LazySnapshot> {
  const { cache, signal } = options;
  return translated(signal, async () => {
    const answer = await askInterpreter(options.python, cache, signal);
    const kept = await keptSnapshot(cache, answer.key);
    if (kept === undefined) return readAndKeep(answer, options, new KnownDistributions());
    const { snapshot, looks, distributions } = kept;
    const [isSame, ...areSame] = await areUnchanged([looks, ...distributions.map(each => each.looks)], signal);
    if (isSame !== true || areSame.includes(false)) {
      return readAndKeep(answer, options, new KnownDistributions(distributions.filter((_, index) => areSame[index])));
    }
    return {
      ...(await completed(answer, snapshot)),
      state: snapshot.state,
      distributions: knownDistributions(distributions, answer.interpreter, readerOf(options))
    };
  });
}

async function readAndKeep(
  answer: InterpreterAnswer,
  options: SnapshotOptions,
  known: KnownDistributions
): Promise<LazySnapshot> {
  const looks = new Looks();
  const { found, all } = await noteLooks(looks, async () => ({
    found: await read(answer, options, known),
    all: known.all()
  }));
  const { distributions, ...snapshot } = found;
  const state = await keepSnapshot(options.cache, answer.key, { snapshot, looks, distributions: all });
  return { ...(await completed(answer, snapshot)), distributions, state };
}

/** Reads known distributions. The first call reads all of them, once. */
function readerOf(options: SnapshotOptions): (facts: DistributionFacts) => Promise<Distribution> {
  let reading: Promise<readonly LazyDistribution[]> | undefined;
  return async ({ location, metadataName }) => {
    reading ??= readDistributions(options);
    const distributions = await reading;
    const found = distributions.find(each => each.location === location && each.metadataName === metadataName);
    if (found === undefined) throw environmentChanged();
    return found.whole();
  };
}

function readDistributions(options: SnapshotOptions): Promise<readonly LazyDistribution[]> {
  return translated(options.signal, async () => {
    const answer = await askInterpreter(options.python, options.cache, options.signal);
    return (await read(answer, options, new KnownDistributions())).distributions;
  });
}

/** Runs work on the environment, and turns errors of the file system into errors about the snapshot. */
async function translated<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    const result = await orLeaveBehind(signal, work);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NotRegular) throw replaced(error);
    // A missing file causes an error only when it was there at the first look.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ESTALE')) throw environmentChanged(error);
    if (isSystemError(error)) throw unreadable(error);
    throw error;
  }
}

/** A snapshot without the findings about the code of editables, which are found each time because the code changes often. */
type Read = Omit<KeptSnapshot, 'state'> & Pick<LazySnapshot, 'distributions'>;

async function read(
  { interpreter, siteDirectories }: InterpreterAnswer,
  options: SnapshotOptions,
  known: KnownDistributions
): Promise<Read> {
  const { cache, signal, onProgress } = options;
  const sites = await readSites(siteDirectories, known.readCandidate, signal);
  const { distributions: chosen, editables, findings } = await resolveNames(sites);
  const owners = new Owners(sites.flatMap(contents => contents.candidates));
  const context = { interpreter, known, owners, cache, signal, ...(onProgress === undefined ? {} : { onProgress }) };
  const identified = await identifyDistributions(chosen, context, readerOf(options));
  signal.throwIfAborted();
  return {
    siteDirectories: sites.map(({ site: { path, layer } }) => ({ path, layer })),
    distributions: identified.distributions,
    editables,
    findings: [
      ...findings,
      ...identified.findings,
      ...(await findSharedFiles(chosen, owners)),
      ...(await unownedModules(sites, owners))
    ]
  };
}

async function completed(
  { interpreter }: InterpreterAnswer,
  { siteDirectories, editables, findings }: Pick<KeptSnapshot, 'siteDirectories' | 'editables' | 'findings'>
): Promise<Omit<Snapshot, 'distributions'>> {
  const ofEditables = (await Promise.all(editables.map(findingsOfEditable))).flat();
  return {
    interpreter: { ...interpreter, siteDirectories },
    editables: editables.map(({ editable }) => editable),
    findings: [...findings, ...ofEditables].sort(byText)
  };
}

function byText(left: Finding, right: Finding): number {
  return (
    compareText(left.kind, right.kind) ||
    compareText(left.subject, right.subject) ||
    compareText(left.message, right.message)
  );
}

async function findingsOfEditable({ editable, isCompiled }: FoundEditable): Promise<Finding[]> {
  const { name, projectDirectory, roots } = editable;
  const folders = [...new Set([projectDirectory, ...roots.map(root => root.path)])].filter(path => path !== '');
  const kinds = await Promise.all(folders.map(kindAt));
  const findings: Finding[] = folders
    .filter((_, index) => kinds[index] === undefined)
    .map(path => ({
      kind: 'editable-folder-gone',
      subject: name,
      message: `${path}, the folder of the editable ${name}, is gone.`
    }));
  const reasons = await Promise.all(roots.map(async root => ({ root, why: await whyNotOneProject(editable, root) })));
  findings.push(
    ...reasons.flatMap(({ root, why }): Finding[] =>
      why === undefined
        ? []
        : [
            {
              kind: 'refused-editable',
              subject: name,
              message: `${root.path} of the editable ${name} ${why}. It cannot ship.`
            }
          ]
    )
  );
  // A refused root is not searched: it may be a home folder, which takes too long.
  const ownRoots = reasons.flatMap(({ root, why }) => (why === undefined ? [root] : []));
  const extension = (await Promise.all(ownRoots.map(findCompiledExtension))).find(path => path !== undefined);
  if (extension !== undefined || isCompiled) {
    findings.push({
      kind: 'editable-compiled-extension',
      subject: name,
      message: `The editable ${name} has compiled code${extension === undefined ? '' : ` (${extension})`}. It runs only on nodes with the same platform and Python.`
    });
  }
  return findings;
}

async function unownedModules(sites: readonly SiteContents[], owners: Owners): Promise<Finding[]> {
  const environment = sites.filter(({ site }) => site.layer === 'environment');
  const found = environment.map(async contents => {
    const owned = await owners.topLevelsIn(contents.site.path);
    // The import hook of a .pth file belongs to an editable.
    const hooks = contents.pthFiles.flatMap(file => file.imports.map(module => `${module}.py`));
    return findUnownedModules(contents, new Set([...owned, ...hooks]));
  });
  return (await Promise.all(found)).flat();
}

/** The error for a path that was a regular file when it was first looked at and is something else now. */
function replaced(cause: NotRegular): ShipEnvError {
  return new ShipEnvError(
    'SNAPSHOT_UNREADABLE',
    `${cause.path} was expected to be a regular file; it is ${cause.found}.`,
    {
      hint: 'Wait until nothing installs into the environment any more, then ship again.',
      cause
    }
  );
}

function unreadable(cause: NodeJS.ErrnoException): ShipEnvError {
  const path = cause.path ?? 'a file of the environment';
  return new ShipEnvError('SNAPSHOT_UNREADABLE', `${path} could not be read (${cause.code}).`, {
    hint: 'Check that you may read it, and that no installation is under way, then try again.',
    cause
  });
}
