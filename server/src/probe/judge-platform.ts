import type { Misfit, Remark } from '../contract/probe.js';
import { count } from '../text/count.js';
import type { EnvironmentFacts } from './environment-facts.js';
import { misfitsOf } from './judge-wheels.js';
import { parsePlatform, platformTag, platformText, type Platform, type PythonVersion } from './platform.js';

/** A verdict in plain words, and the distributions that cause it. */
export interface Verdict {
  readonly remarks: readonly Remark[];
  readonly misfits: readonly Misfit[];
}

/** The python of an environment, as wheel tags see it. */
export function pythonOf({ interpreter }: EnvironmentFacts): PythonVersion {
  return { minor: interpreter.minor, isFreeThreaded: /^cp\d+t$/.test(interpreter.abiTag) };
}

/**
 * Would what ships run on nodes of this platform, with this python? Pure.
 *
 * @param asked - what the person named; the rest is as on this machine
 */
export function judgePlatform(
  environment: EnvironmentFacts,
  asked: { readonly platform?: Platform | undefined; readonly python?: PythonVersion | undefined }
): Verdict {
  const own = pythonOf(environment);
  // An artifact with its own interpreter does not use the python of a node.
  const python = environment.includesInterpreter ? own : (asked.python ?? own);
  const platform = asked.platform ?? parsePlatform(environment.interpreter.platformTag);
  if (platform === undefined) {
    const message = `The environment is of ${environment.interpreter.platformTag}: Spark's nodes run Linux.`;
    return {
      remarks: [{ level: 'problem', message, hint: 'Make the environment on Linux, and ship from there.' }],
      misfits: []
    };
  }
  const misfits = misfitsOf(environment.wheels, python, platform);
  return {
    remarks: [...pythonRemark(own, python), wheelsRemark(environment, misfits, { python, platform })],
    misfits
  };
}

/** The nodes must have the minor version of the environment, whatever the wheels say. */
function pythonRemark(own: PythonVersion, python: PythonVersion): Remark[] {
  if (versionText(own) === versionText(python)) return [];
  return [
    {
      level: 'problem',
      message: `An artifact of this environment needs Python ${versionText(own)} on the nodes, not ${versionText(python)}.`,
      hint: anotherPython(own, python)
    }
  ];
}

/** What to do when the nodes have another Python than the environment. */
export function anotherPython(own: PythonVersion, theirs: PythonVersion): string {
  return (
    `Make the environment with Python ${versionText(theirs)}, install Python ${versionText(own)} on the nodes ` +
    '(SHIP_ENV_PYTHON says where it is), or ship the interpreter too: --format archive --include-interpreter.'
  );
}

function wheelsRemark(
  { wheels }: EnvironmentFacts,
  misfits: readonly Misfit[],
  { python, platform }: { readonly python: PythonVersion; readonly platform: Platform }
): Remark {
  const where = `with Python ${versionText(python)} and ${platformText(platform)}`;
  if (misfits.length === 0) {
    return { level: 'good', message: `${fit(wheels.length)} ${where}.`, hint: '' };
  }
  return {
    level: 'problem',
    message: `${misfits.length} of ${count(wheels.length, 'distribution')} would not run ${where}.`,
    hint:
      `Install them for that platform and ship from there, in a container or on a node of the cluster: ` +
      `pip download --only-binary :all: --python-version ${python.minor} --platform ${platformTag(platform)} shows which versions have a wheel.`
  };
}

function fit(wheels: number): string {
  return wheels === 1 ? 'The one distribution runs' : `All ${wheels} distributions run`;
}

/** `3.11`, `3.13t`. */
export function versionText({ minor, isFreeThreaded }: PythonVersion): string {
  return `${minor}${isFreeThreaded ? 't' : ''}`;
}
