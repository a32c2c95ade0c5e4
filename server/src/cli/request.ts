import { join } from 'node:path';
import { requestShape, type OptionName, type OptionValues } from '../contract/option-lists.js';
import { requestedBy } from '../contract/settings.js';
import { shipRequest, type ShipRequest } from '../contract/ship.js';
import { ShipEnvError } from '../errors.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import type { NamedShip } from '../ship/shipped.js';

/**
 * The ship that a command line asks for. The settings fill in what the command line leaves out.
 *
 * @throws ShipEnvError SETTINGS_INVALID, TARGET_UNKNOWN, PYTHON_NO_ENVIRONMENT
 */
export async function toShipRequest(
  options: OptionValues,
  env: NodeJS.ProcessEnv = process.env,
  hint?: string
): Promise<ShipRequest> {
  const settings = await readSettings(env);
  const target = resolveTarget(options.target, settings);
  return shipRequest.parse({
    ...fieldsOf(options, requestedBy(settings)),
    python: options.python ?? activePython(env, hint),
    target: options.shared === true ? { ...target, shared: true } : target
  });
}

/**
 * The request of a command line that uses what was shipped under a name: no python of this machine is part of it.
 *
 * @throws ShipEnvError SETTINGS_INVALID, TARGET_UNKNOWN
 */
export async function toNamedRequest(
  options: OptionValues,
  env: NodeJS.ProcessEnv = process.env
): Promise<Omit<ShipRequest, 'python'>> {
  const { python: _python, ...request } = await toShipRequest({ ...options, python: 'python' }, env);
  return request;
}

/**
 * A list on the command line is added to the list of the settings. Any other value replaces the value of the settings.
 */
function fieldsOf(
  said: Readonly<Record<string, unknown>>,
  set: Readonly<Record<string, unknown>>
): Record<string, unknown> {
  const names = Object.keys(requestShape);
  return Object.fromEntries(
    names.map(name => [name, isList(said[name]) ? [set[name] ?? [], said[name]].flat() : (said[name] ?? set[name])])
  );
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

/**
 * The python of the active virtual environment (`VIRTUAL_ENV`, set by every activate script).
 *
 * @throws ShipEnvError PYTHON_NO_ENVIRONMENT
 */
export function activePython(
  env: NodeJS.ProcessEnv,
  hint = 'Activate the environment, or name its interpreter: --python path/to/venv/bin/python'
): string {
  const active = env['VIRTUAL_ENV'] || env['CONDA_PREFIX'];
  if (active) return join(active, 'bin', 'python');
  throw new ShipEnvError('PYTHON_NO_ENVIRONMENT', 'No virtual environment is active: VIRTUAL_ENV is not set.', {
    hint
  });
}

/** Options that choose an environment of this machine, or objects by their names. A release chooses all of that. */
const OTHERS: Partial<Record<OptionName, string>> = {
  artifact: '--artifact',
  code: '--code',
  python: '--python',
  format: '--format',
  excludes: '--exclude',
  includeSpark: '--include-spark',
  includeInterpreter: '--include-interpreter'
};

/**
 * What `run` and `submit` are to use of a target, by name; undefined for the environment of this machine.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
export function namedBy(options: OptionValues): NamedShip | undefined {
  const { artifact, code, release } = options;
  if (release !== undefined) {
    const others = (Object.entries(OTHERS) as [OptionName, string][]).flatMap(([name, flag]) =>
      options[name] === undefined ? [] : [flag]
    );
    if (others.length === 0) return { release };
    throw new ShipEnvError(
      'USAGE_INVALID',
      `--release says what runs; ${others.join(', ')} ${others.length === 1 ? 'says' : 'say'} it, too.`,
      { hint: `Leave out ${others.join(', ')}, or leave out --release.` }
    );
  }
  if (artifact !== undefined) return { artifact, code };
  if (code === undefined) return undefined;
  throw new ShipEnvError('USAGE_INVALID', '--code needs --artifact: it names the code that belongs to an artifact.', {
    hint: 'Add --artifact env-….'
  });
}
