import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { OptionValues } from '../contract/option-lists.js';
import { Cache } from '../system/cache/cache.js';
import { cacheRoot } from '../system/cache/root.js';
import { count } from '../text/count.js';
import { ShipEnvError, toErrorObject } from '../errors.js';
import { ProcessError, run } from '../system/process/run.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { checkTarget } from '../inventory/check.js';
import { takeSnapshot } from '../environment/index.js';
import { activePython } from './request.js';
import type { Line } from './lines.js';
import type { View } from './view.js';

/** The result of one check: something that a ship, or the Spark job after it, needs. */
interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** How to get what is missing; empty when all is well. */
  readonly hint: string;
}

/** The oldest Java that Spark's driver runs on. */
const MINIMUM_JAVA = 17;

/**
 * `ship-env doctor`: tells what is missing and how to get it. Every check runs, also when an earlier one fails.
 *
 * @throws the signal's reason when aborted: an unfinished check says nothing about what is missing
 */
export async function doctorCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<boolean> {
  const checks = [
    { name: 'node', ok: true, found: `${process.version} at ${process.execPath}`, hint: '' },
    await attempt('cache', signal, cacheCheck),
    ...(await pythonChecks(options, signal)),
    await javaCheck(signal),
    await attempt('target', signal, () => targetCheck(options, signal))
  ];
  const ok = checks.every(check => check.ok);
  view.result({ type: 'result', ok, checks }, checks.flatMap(lines));
  return ok;
}

/** Creates nothing: when the cache does not exist yet, the check tries the folder in which it will be created. */
async function cacheCheck(): Promise<string> {
  const root = cacheRoot();
  if (await isThere(root)) return (await Cache.open()).root;
  await access(await nearestFolder(root), constants.W_OK).catch((cause: unknown) => {
    throw new ShipEnvError('CACHE_UNUSABLE', `The cache folder ${root} does not exist and cannot be created.`, {
      hint: 'Point SHIP_ENV_CACHE at a folder that you can write to.',
      cause
    });
  });
  return `${root}, which the first ship makes`;
}

async function targetCheck(options: OptionValues, signal: AbortSignal): Promise<string> {
  const target = resolveTarget(options.target, await readSettings());
  const probe = await checkTarget(target, signal, options.python);
  if ('parent' in probe) return `${probe.url}, which the first ship makes in ${probe.parent}`;
  return `${probe.url} can be written (${probe.writeMs.toFixed(0)} ms)`;
}

/** Runs `work` with the cache, or with a temporary one where no cache exists: doctor leaves nothing behind. */
async function withSomeCache<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
  if (await isThere(cacheRoot())) return work(await Cache.open());
  const folder = await mkdtemp(join(tmpdir(), 'ship-env-doctor-'));
  try {
    return await work(await Cache.open(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false
  );
}

async function nearestFolder(path: string): Promise<string> {
  return (await isThere(path)) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function pythonChecks(options: OptionValues, signal: AbortSignal): Promise<Check[]> {
  let spark: Check | undefined;
  const python = await attempt('python', signal, async () => {
    const { interpreter, distributions } = await withSomeCache(cache =>
      takeSnapshot({ python: options.python ?? activePython(process.env), cache, signal })
    );
    const pyspark = distributions.find(({ normalizedName }) => normalizedName === 'pyspark');
    spark = {
      name: 'pyspark',
      ok: pyspark !== undefined,
      found: pyspark?.version ?? 'not in this environment',
      hint: pyspark === undefined ? "Install the cluster's version: pip install pyspark==<version>" : ''
    };
    return `${interpreter.version} at ${interpreter.executable}, ${count(distributions.length, 'distribution')}`;
  });
  return spark === undefined ? [python] : [python, spark];
}

async function javaCheck(signal: AbortSignal): Promise<Check> {
  const java = process.env['JAVA_HOME'] ? `${process.env['JAVA_HOME']}/bin/java` : 'java';
  const hint = `Spark's driver needs Java ${MINIMUM_JAVA} or newer: install it, or set JAVA_HOME.`;
  try {
    const { stderr } = await run(java, ['-version'], { signal });
    const { major, line } = javaVersion(stderr);
    const ok = major !== undefined && major >= MINIMUM_JAVA;
    const found = ok
      ? line
      : `${major === undefined ? 'a Java of unknown version' : `Java ${major}`} at ${java}: ${line}`;
    return { name: 'java', ok, found, hint: ok ? '' : hint };
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    return { name: 'java', ok: false, found: error.message, hint };
  }
}

/**
 * Parses the output of `java -version`: `openjdk version "17.0.9" 2023-10-17`, `"21-ea"`, and up to Java 8
 * `"1.8.0_392"`.
 *
 * @param output - the stderr of the command; a note about JAVA_TOOL_OPTIONS may come before the version
 * @returns the major version (undefined when the output has none) and the line with the version, else the first line
 */
export function javaVersion(output: string): { major: number | undefined; line: string } {
  const lines = output.trim().split(/\r?\n/u);
  for (const line of lines) {
    const found = / version "(?:1\.)?(\d+)/u.exec(line);
    if (found !== null) return { major: Number(found[1]), line };
  }
  return { major: undefined, line: lines[0] ?? '' };
}

async function attempt(name: string, signal: AbortSignal, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, found: await work(), hint: '' };
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = toErrorObject(error);
    return { name, ok: false, found: message, hint };
  }
}

function lines({ name, ok, found, hint }: Check): Line[] {
  return [
    ok ? ['good', '✓', ` ${name.padEnd(8)} ${found}`] : ['bad', '✗', ` ${name.padEnd(8)} ${found}`],
    ...(hint === '' ? [] : [`  ${hint}`])
  ];
}
