import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { shipRequest, type ShipRequest } from '../contract/ship.js';
import { ShipEnvError } from '../errors.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';

/** Options as commander hands them over; those that a command does not take are absent. */
export interface CliOptions {
  python?: string;
  target?: string;
  shared?: boolean;
  master?: string;
  format?: string;
  output?: string;
  as?: string;
  exclude?: string[];
  includeSpark?: boolean;
  allowSecret?: string[];
  allowLink?: string[];
  dryRun?: boolean;
  /** Milliseconds. */
  olderThan?: number;
  keep?: number;
  json?: boolean;
}

/** `--python`, `--json`: what every command takes. */
export function withCommon(command: Command): Command {
  return command
    .option(
      '--python <python>',
      "the kernel's python, or the folder of its environment (default: the active one)",
      notEmpty
    )
    .option('--json', 'print JSON lines and nothing else');
}

/** `--target`. */
export function withTarget(command: Command): Command {
  return command.option(
    '--target <target>',
    'a target of the settings, or a URL: s3://bucket/prefix, file:///directory (default: the settings decide)',
    notEmpty
  );
}

/** A variable that was to hold it and is not set is no wish for the default. */
function notEmpty(value: string): string {
  if (value !== '') return value;
  throw new InvalidArgumentError('It is empty; leave the option out for the default.');
}

/** `--shared`. */
export function withShared(command: Command): Command {
  return command.option(
    '--shared',
    'every node of the cluster sees the directory of the target under the same path: Spark need not copy the artifact'
  );
}

/** What chooses the content of a ship. */
export function withContent(command: Command): Command {
  return (
    command
      // There is one: a choice is shown when there are two.
      .addOption(new Option('--format <format>', 'artifact format').default('pex').hideHelp())
      .option('--exclude <names...>', 'distributions that stay home, besides pyspark and py4j')
      .option('--include-spark', 'ship pyspark and py4j too')
      .option('--allow-secret <names...>', 'files that look like secrets and may ship all the same')
      .option(
        '--allow-link <paths...>',
        'where links out of the environment may lead: files, or folders with all below'
      )
  );
}

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000]
]);

/** `--older-than`, `--keep`, `--dry-run`. */
export function withAges(command: Command): Command {
  return command
    .addOption(
      new Option('--older-than <age>', 'what is not older stays: 30d, 12h, 90m, 2w')
        .argParser(duration)
        .default(duration('30d'), '30d')
    )
    .option('--keep <count>', 'so many of the newest environments stay however old they are', wholeNumber, 5)
    .option('--dry-run', 'only say what would be removed');
}

/** @returns milliseconds */
function duration(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})([mhdw])$/u.exec(text.trim()) ?? [];
  const ms = DURATION_UNITS.get(unit);
  if (digits !== undefined && ms !== undefined) return Number(digits) * ms;
  throw new InvalidArgumentError('Write a whole number and a unit: 30d, 12h, 90m or 2w.');
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/u.test(text.trim())) return Number(text);
  throw new InvalidArgumentError('Write a whole number: 0, 5, …');
}

/** `--master`. */
export function withMaster(command: Command): Command {
  return command.option(
    '--master <master>',
    "Spark master: 'local-cluster[2,1,1024]', spark://host:port, yarn (default: the settings decide)"
  );
}

/**
 * The ship that a command line asks for; what it leaves open, the settings decide.
 *
 * @throws ShipEnvError SETTINGS_INVALID, TARGET_UNKNOWN, PYTHON_NO_ENVIRONMENT
 */
export async function toShipRequest(options: CliOptions, env: NodeJS.ProcessEnv = process.env): Promise<ShipRequest> {
  const settings = await readSettings(env);
  const target = resolveTarget(options.target, settings);
  return shipRequest.parse({
    python: options.python ?? activePython(env),
    target: options.shared === true ? { ...target, shared: true } : target,
    master: options.master ?? settings.master,
    format: options.format ?? 'pex',
    excludes: [...settings.excludes, ...(options.exclude ?? [])],
    includeSpark: options.includeSpark ?? false,
    allowSecrets: [...settings.allowSecrets, ...(options.allowSecret ?? [])],
    allowLinks: [...settings.allowLinks, ...(options.allowLink ?? [])],
    dryRun: options.dryRun ?? false
  });
}

/**
 * The python of the active virtual environment (`VIRTUAL_ENV`, set by every activate script).
 *
 * @throws ShipEnvError PYTHON_NO_ENVIRONMENT
 */
export function activePython(env: NodeJS.ProcessEnv): string {
  const active = env['VIRTUAL_ENV'] || env['CONDA_PREFIX'];
  if (active) return join(active, 'bin', 'python');
  throw new ShipEnvError(
    'PYTHON_NO_ENVIRONMENT',
    'A virtual environment was expected to be active; VIRTUAL_ENV is not set.',
    {
      hint: 'Activate it, or name its interpreter: --python path/to/venv/bin/python'
    }
  );
}
