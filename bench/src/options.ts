/** The options of `npm run bench`. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ScriptFailure } from '../../scripts/lib/main.mjs';
import type { Scale } from './bench.js';
import { BENCH_FOLDER } from './environments/venvs.js';
import { beforeAfter } from './parts/before-after.js';
import { PARTS } from './parts/index.js';

const FLAG = { type: 'boolean', default: false } as const;
const OPTIONS = {
  full: FLAG,
  smoke: FLAG,
  docs: FLAG,
  only: { type: 'string', multiple: true },
  against: { type: 'string' },
  output: { type: 'string', default: join(BENCH_FOLDER, 'results.json') }
} as const;
const USAGE = 'npm run bench -- [--full] [--only <part> …] [--against <earlier wheel>] [--docs] [--output <file>]';

/** What the person asked for. */
export interface Options {
  readonly scale: Scale;
  /** Names of the parts to measure; empty means all. */
  readonly only: readonly string[];
  /** Path of an earlier wheel to compare with the one of this checkout. */
  readonly against: string | undefined;
  /** Whether to write docs/benchmarks.md anew. */
  readonly docs: boolean;
  /** Path of the file that gets the results. */
  readonly output: string;
}

/** @throws {@link ScriptFailure} when an option, part or wheel does not exist */
export function readOptions(args: string[]): Options {
  const { full, smoke, only = [], against, docs, output } = parsed(args);
  const unknown = only.find(name => !PARTS.some(part => part.name === name));
  if (unknown !== undefined) {
    throw new ScriptFailure(`There is no part '${unknown}': ${PARTS.map(({ name }) => name).join(', ')}.`);
  }
  if (against !== undefined && !existsSync(against)) {
    throw new ScriptFailure(`There is no wheel ${against}.`);
  }
  if (against === undefined && only.includes(beforeAfter.name)) {
    throw new ScriptFailure(`The part '${beforeAfter.name}' needs an earlier wheel: --against <earlier wheel>.`);
  }
  return { scale: smoke ? 'smoke' : full ? 'full' : 'default', only, against, docs, output };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new ScriptFailure(`${error instanceof Error ? error.message : String(error)}\nUsage: ${USAGE}`);
  }
}

/** The command line for the page, without folders of this machine. */
export function commandLine(args: readonly string[]): string {
  const words = args.map(arg => (arg.endsWith('.whl') ? basename(arg) : arg));
  return ['npm run bench', ...(words.length === 0 ? [] : ['--', ...words])].join(' ');
}
