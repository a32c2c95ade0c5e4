import type * as z from 'zod';

/** The commands of the command line, and what each does. */
export const COMMANDS = {
  snapshot: 'show what the environment holds',
  build: 'build the artifact as a file',
  ship: 'ship the environment to a target',
  config:
    'print the Spark config of a shipped environment, as builder, submit options or JSON, or the command that runs it',
  run: 'run a program with a shipped environment on this machine, without Spark',
  submit: 'ship what changed, and run a Spark job with spark-submit',
  release: 'show a release, make one of what was shipped, or remove it',
  probe: 'say whether what ships would run on the nodes of a cluster, or on a platform, before it ships',
  list: 'list the artifacts and releases on a target, and say which are gone',
  log: 'show who shipped what to a target, and when',
  remove: 'remove named environments or code from a target',
  prune: 'remove what is old and no longer needed on a target',
  check: 'write, read back and delete a small object on a target',
  doctor: 'show what is missing and how to get it'
} as const;
export type CommandName = keyof typeof COMMANDS;

/** An option of the command line and the magic. */
export interface Option {
  /** The option in commander's notation. `<names...>`: one value or more. An option without a value is a flag. */
  readonly flags: string;
  /** Without a capital letter and a full stop. */
  readonly help: string;
  /** Which commands take it. */
  readonly commands: readonly CommandName[];
  /** `%ship_env` and `%%ship_env` take it, too, and hand it on to `ship-env ship`. */
  readonly magic?: true;
  /** The kind of its value; any text when absent. `name`: a text that is not empty; `age`: milliseconds, written as `30d`. */
  readonly value?: 'name' | 'age' | 'count';
  readonly choices?: readonly string[];
  /** The default as a person would write it. */
  readonly default?: string;
  readonly isRequired?: true;
  /** Options that cannot be combined with this one, as commander names them. */
  readonly conflicts?: readonly string[];
  /** The help does not show the option, because it has only one value so far. */
  readonly isHidden?: true;
}

/** A setting, as the settings panel shows it. */
export interface Setting {
  readonly type: z.ZodType;
  readonly title: string;
  readonly description: string;
  /** The values that the panel offers, and what it calls each. */
  readonly choices?: Readonly<Record<string, string>>;
}

/** Something that a person can decide, with an entry for each way to say it: request, setting, option. */
export interface Decision {
  /** The type of the field in the request of a ship; its default is what a request without the field means. */
  readonly request?: z.ZodType;
  readonly setting?: Setting;
  readonly option?: Option;
}
