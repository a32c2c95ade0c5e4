import { LIST_PROPERTIES } from '../contract/current.js';
import type { DeployMode } from '../contract/options.js';
import { DRIVER_PYTHON_KEY } from '../deployments/spark/config.js';
import { propertyOf, valueIn, type JobWords, type SubmitOption } from './words.js';

/** A job for spark-submit. */
export interface Submission {
  /** Path of spark-submit. */
  readonly sparkSubmit: string;
  /** The Spark properties of what was shipped, in their order. */
  readonly conf: Readonly<Record<string, string>>;
  readonly deployMode: DeployMode;
  /** The python of a driver on this machine; undefined in the mode `cluster`, where `conf` says it. */
  readonly driverPython: string | undefined;
  readonly words: JobWords;
  /** Path of the script that runs a module; needed when the words name a module. */
  readonly launcher: string | undefined;
}

/** For each option of spark-submit that is a list: the Spark properties that a ship sets, of which one is in use. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  '--files': LIST_PROPERTIES.filter(name => name.endsWith('.files')),
  '--archives': LIST_PROPERTIES.filter(name => name.endsWith('.archives'))
};
/** Options that the command has already, from what the person said. */
const TAKEN: Readonly<Record<string, string>> = {
  '--master': 'spark.master',
  '--deploy-mode': 'spark.submit.deployMode'
};

/**
 * The words of the command that runs a job with what was shipped. Options of the person come after ours, so they win. Lists
 * of files are added to ours, since Spark takes only one list. Pure.
 */
export function sparkSubmitCommand(of: Submission): string[] {
  const { sparkSubmit, deployMode, driverPython, words, launcher } = of;
  const { conf, options } = merged(of.conf, words.options);
  const { 'spark.master': master, 'spark.submit.deployMode': _mode, ...properties } = conf;
  const { program, args } = words;
  const name = valueIn(words.options, '--name', 'spark.app.name');
  return [
    sparkSubmit,
    ...(master === undefined ? [] : ['--master', master]),
    ...['--deploy-mode', deployMode],
    // Spark would show the name of our script.
    ...(program.kind === 'module' && name === undefined ? ['--name', program.name] : []),
    ...Object.entries(properties).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
    ...(driverPython === undefined ? [] : ['--conf', `${DRIVER_PYTHON_KEY}=${driverPython}`]),
    ...options.flatMap(option => (option.value === undefined ? [option.name] : [option.name, option.value])),
    ...(program.kind === 'script' ? [program.path] : [required(launcher), program.name]),
    ...args
  ];
}

/** Our properties with the items of the person's lists, and the person's options without these. */
function merged(
  ours: Readonly<Record<string, string>>,
  options: readonly SubmitOption[]
): { conf: Record<string, string>; options: SubmitOption[] } {
  const conf = { ...ours };
  const left: SubmitOption[] = [];
  for (const option of options) {
    const property = propertyOf(option);
    if (option.name in TAKEN || Object.values(TAKEN).includes(property?.[0] ?? '')) continue;
    const key = listKey(option, property?.[0], ours);
    const items = property?.[1] ?? option.value ?? '';
    if (key === undefined) left.push(option);
    else conf[key] = [...new Set([...(conf[key] ?? '').split(','), ...items.split(',')])].filter(Boolean).join(',');
  }
  return { conf, options: left };
}

/** The list of ours that an option of the person would replace; undefined when there is none. */
function listKey(
  { name }: SubmitOption,
  property: string | undefined,
  ours: Readonly<Record<string, string>>
): string | undefined {
  if (property === undefined) return LISTS[name]?.find(key => key in ours);
  return Object.values(LISTS).flat().includes(property) && property in ours ? property : undefined;
}

function required(launcher: string | undefined): string {
  if (launcher === undefined) throw new Error('A module needs the script that runs it.');
  return launcher;
}
