import { DEPLOY_MODES, type DeployMode } from '../contract/options.js';
import { ShipEnvError } from '../errors.js';

/** An option of spark-submit as a person wrote it. */
export interface SubmitOption {
  /** With its dashes: `--conf`. */
  readonly name: string;
  /** Undefined for a switch. */
  readonly value: string | undefined;
}

/** What the job runs. */
export type Program =
  /** Path or URI of a script. */
  | { readonly kind: 'script'; readonly path: string }
  /** A module that runs as `python -m` runs it, or one of its functions: `package.module:function`. */
  | { readonly kind: 'module'; readonly name: string };

/** The words of a job: what a person would write behind `spark-submit`. */
export interface JobWords {
  readonly options: readonly SubmitOption[];
  readonly program: Program;
  readonly args: readonly string[];
}

/** The options of spark-submit that have a value (org.apache.spark.launcher.SparkSubmitOptionParser). */
const WITH_VALUE = new Set([
  ...['--archives', '--class', '--conf', '--deploy-mode', '--driver-class-path', '--driver-cores'],
  ...['--driver-java-options', '--driver-library-path', '--driver-memory', '--exclude-packages', '--executor-cores'],
  ...['--executor-memory', '--files', '--jars', '--keytab', '--master', '--name', '--num-executors', '--packages'],
  ...['--principal', '--properties-file', '--proxy-user', '--py-files', '--queue', '--repositories'],
  ...['--total-executor-cores']
]);
const SWITCHES = new Set(['--load-spark-defaults', '--supervise', '--verbose']);
const ALIASES: Readonly<Record<string, string>> = { '-c': '--conf', '-v': '--verbose' };
/** Options with which spark-submit runs no job of ours. */
const OTHER_WORK = new Set(['--help', '-h', '--kill', '--remote', '--status', '--usage-error', '--version']);

const MODULE = /^[^\W\d]\w*(?:\.[^\W\d]\w*)*$/u;
const ENTRY_POINT = /^[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*$/u;

/**
 * Parses what a person would write behind `spark-submit`: its options, the script, and the arguments of the script. In the
 * place of the script, `-m package.module` and `--entry-point package.module:function` name what was shipped. Pure.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
export function parseJob(words: readonly string[]): JobWords {
  const options: SubmitOption[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--' || !word.startsWith('-') || word === '-') {
      const [path, ...args] = words.slice(word === '--' ? at + 1 : at);
      return { options, program: script(path), args };
    }
    if (word === '-m' || word === '--entry-point') {
      return { options, program: module(word, words[at + 1]), args: words.slice(at + 2) };
    }
    const { name, value } = split(word);
    if (OTHER_WORK.has(name)) throw invalid(`${name} makes spark-submit do something else than run a job`, NO_JOB);
    if (value !== undefined) options.push({ name, value });
    else if (SWITCHES.has(name)) options.push({ name, value: undefined });
    else if (WITH_VALUE.has(name)) options.push({ name, value: valueOf(name, words[++at]) });
    else throw invalid(`"${word}" is no option of spark-submit that ship-env knows`, UNKNOWN);
  }
  throw invalid('the job names no script', NO_SCRIPT);
}

/**
 * The last value of an option, or of the Spark property of the same meaning.
 *
 * @returns undefined when neither is among the options
 */
export function valueIn(options: readonly SubmitOption[], option: string, property: string): string | undefined {
  const said = options.findLast(({ name }) => name === option)?.value;
  return said ?? options.map(each => propertyOf(each)).findLast(found => found?.[0] === property)?.[1];
}

/** The property that `--conf` sets; undefined for any other option. */
export function propertyOf({ name, value }: SubmitOption): readonly [key: string, value: string] | undefined {
  const [, key, set] = name === '--conf' ? (/^([^=]+)=(.*)$/su.exec(value ?? '') ?? []) : [];
  return key === undefined || set === undefined ? undefined : [key.trim(), set];
}

/**
 * The master and the deploy mode among the options of spark-submit.
 *
 * @throws ShipEnvError USAGE_INVALID when the deploy mode is another word
 */
export function clusterIn({ options }: JobWords): { master?: string; deployMode?: DeployMode } {
  const master = valueIn(options, '--master', 'spark.master');
  const said = valueIn(options, '--deploy-mode', 'spark.submit.deployMode');
  const deployMode = DEPLOY_MODES.find(mode => mode === said);
  if (said !== undefined && deployMode === undefined) {
    throw invalid(`"${said}" is no deploy mode`, `Use one of: ${DEPLOY_MODES.join(', ')}.`);
  }
  return { ...(master === undefined ? {} : { master }), ...(deployMode === undefined ? {} : { deployMode }) };
}

function split(word: string): SubmitOption {
  const [, long, value] = /^(--[^=]+)=(.*)$/su.exec(word) ?? [];
  if (long !== undefined) return { name: long, value };
  return { name: ALIASES[word] ?? word, value: undefined };
}

function valueOf(option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw invalid(`${option} of spark-submit needs a value`, NO_SCRIPT);
}

function script(path: string | undefined): Program {
  if (!path) throw invalid('the job names no script', NO_SCRIPT);
  if (path.endsWith('.py')) return { kind: 'script', path };
  throw invalid(`"${path}" is no script that Spark runs with Python`, 'The name of the script must end in .py.');
}

function module(option: string, name: string | undefined): Program {
  const isGood = (option === '-m' ? MODULE : ENTRY_POINT).test(name ?? '');
  if (name !== undefined && isGood) return { kind: 'module', name };
  const example = option === '-m' ? '-m package.module' : '--entry-point package.module:function';
  throw invalid(`${option} names ${name === undefined ? 'nothing' : `"${name}"`}`, `Write it like this: ${example}`);
}

const NO_SCRIPT =
  'Write the job behind "--" as for spark-submit: ship-env submit --target T -- --num-executors 2 app.py';
const NO_JOB = 'Run spark-submit itself for that.';
const UNKNOWN =
  'Options of ship-env stand before "--". Write an option that ship-env does not know with its value as one word: --option=value';

function invalid(what: string, hint: string): ShipEnvError {
  return new ShipEnvError('USAGE_INVALID', `The job cannot be read: ${what}.`, { hint });
}
