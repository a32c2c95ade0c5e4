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
import { type DistributionOutline, type LazyDistribution, type LazySnapshot, environmentChanged } from './lazy.js';
import { Looks, noteLooks } from '../memo/looks.js';
import { Owners } from './distributions/owners.js';
import { KnownDistributions } from './known-distributions.js';
import { kindOf } from '../memo/disk.js';
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
  /** Called with the files identified so far, and all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads what the kernel python holds now, from its files alone: no pip is run, no code of the environment or the
 * person is imported, nothing in the environment is written. A file that its stat proves unchanged is not read again.
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
 * {@link takeSnapshot} for who may not need all of it: what did not change since the last snapshot costs one stat a file
 * and the little that was kept then, distribution by distribution. The code of editables is looked at anew each time.
 *
 * @throws as {@link takeSnapshot} does
 */
export async function lookAtEnvironment(options: SnapshotOptions): Promise<LazySnapshot> {
  const { cache, signal } = options;
  return translated(signal, async () => {
    const answer = await askInterpreter(options.python, cache, signal);
    const known = await keptSnapshot(cache, answer.key);
    if (known === undefined) return readAndKeep(answer, options, new KnownDistributions());
    const { snapshot, looks, parts } = known;
    const [isSame, ...areSame] = await areUnchanged([looks, ...parts.map(each => each.looks)], signal);
    if (isSame !== true || areSame.includes(false)) {
      return readAndKeep(answer, options, new KnownDistributions(parts.filter((_, index) => areSame[index])));
    }
    return {
      ...(await completed(answer, snapshot)),
      state: snapshot.state,
      distributions: knownDistributions(parts, answer.interpreter, readerOf(options))
    };
  });
}

async function readAndKeep(
  answer: InterpreterAnswer,
  options: SnapshotOptions,
  parts: KnownDistributions
): Promise<LazySnapshot> {
  const looks = new Looks();
  const { found, all } = await noteLooks(looks, async () => ({
    found: await read(answer, options, parts),
    all: parts.all()
  }));
  const { distributions, ...snapshot } = found;
  const state = await keepSnapshot(options.cache, answer.key, { snapshot, looks, parts: all });
  return { ...(await completed(answer, snapshot)), distributions, state };
}

/** Reads distributions that are known; all of them, once, when the first is asked for. */
function readerOf(options: SnapshotOptions): (outline: DistributionOutline) => Promise<Distribution> {
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

/** Runs work on the environment; what the disk fails with, and no one below knew better, becomes SNAPSHOT_UNREADABLE. */
async function translated<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    const result = await orLeaveBehind(signal, work);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NotRegular) throw replaced(error);
    // What is not there when it is first looked at is told by no error.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ESTALE')) throw environmentChanged(error);
    if (isSystemError(error)) throw unreadable(error);
    throw error;
  }
}

/** All but the findings about the code of editables: that is looked at by itself, since it changes all the time. */
type Read = Omit<KeptSnapshot, 'state'> & Pick<LazySnapshot, 'distributions'>;

async function read(
  { interpreter, siteDirectories }: InterpreterAnswer,
  options: SnapshotOptions,
  parts: KnownDistributions
): Promise<Read> {
  const { cache, signal, onProgress } = options;
  const sites = await readSites(siteDirectories, parts.readCandidate, signal);
  const { distributions: chosen, editables, findings } = await resolveNames(sites);
  const owners = new Owners(sites.flatMap(contents => contents.candidates));
  const context = { interpreter, parts, owners, cache, signal, ...(onProgress === undefined ? {} : { onProgress }) };
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
  const kinds = await Promise.all(folders.map(kindOf));
  const findings: Finding[] = folders
    .filter((_, index) => kinds[index] === undefined)
    .map(path => ({
      kind: 'editable-folder-gone',
      subject: name,
      message: `${path}, where the code of the editable ${name} was, is gone.`
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
  // Nobody waits for a search through a home folder.
  const ownRoots = reasons.flatMap(({ root, why }) => (why === undefined ? [root] : []));
  const extension = (await Promise.all(ownRoots.map(findCompiledExtension))).find(path => path !== undefined);
  if (extension !== undefined || isCompiled) {
    findings.push({
      kind: 'editable-compiled-extension',
      subject: name,
      message: `The editable ${name} has compiled code${extension === undefined ? '' : ` (${extension})`}: it runs only on nodes of the same platform and Python.`
    });
  }
  return findings;
}

async function unownedModules(sites: readonly SiteContents[], owners: Owners): Promise<Finding[]> {
  const environment = sites.filter(({ site }) => site.layer === 'environment');
  const found = environment.map(async contents => {
    const owned = await owners.topLevelsIn(contents.site.path);
    // The hook of a .pth file is read as the editable that it is.
    const hooks = contents.pthFiles.flatMap(file => file.imports.map(module => `${module}.py`));
    return findUnownedModules(contents, new Set([...owned, ...hooks]));
  });
  return (await Promise.all(found)).flat();
}

/** The file was a regular one when it was looked at. */
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
