import { Command } from 'commander';
import { COMMANDS, type CommandName } from '../contract/declaration.js';
import type { OptionValues } from '../contract/option-lists.js';
import { visible } from '../contract/visible.js';
import { addOptions, valuesOf } from './options.js';
import type { View } from './view.js';

/** Runs a command's work with the view and the signal of this process. */
export type Run = (
  options: Pick<OptionValues, 'json'> & { readonly isProgram?: true },
  work: (view: View, signal: AbortSignal) => Promise<unknown>
) => Promise<void>;

/** The work of one command. */
type Work = (options: OptionValues, view: View, signal: AbortSignal) => Promise<unknown>;

/**
 * The work of each command of the contract. A command imports its modules when it runs, so that `--version` and a ship
 * that sends nothing load neither express nor the AWS SDK.
 */
const WORK: Readonly<Record<Exclude<CommandName, 'run' | 'submit' | 'release' | 'remove'>, () => Promise<Work>>> = {
  snapshot: async () => (await import('./inspect.js')).snapshotCommand,
  build: async () => (await import('./build.js')).buildCommand,
  ship: async () => (await import('./ship.js')).shipCommand,
  config: async () => (await import('./config.js')).configCommand,
  probe: async () => {
    const { probeCommand } = await import('./probe.js');
    return async (...args) => {
      if (!(await probeCommand(...args))) process.exitCode = 1;
    };
  },
  list: async () => (await import('./inspect.js')).listCommand,
  log: async () => (await import('./log.js')).logCommand,
  prune: async () => (await import('./prune.js')).pruneCommand,
  check: async () => (await import('./inspect.js')).checkCommand,
  doctor: async () => {
    const { doctorCommand } = await import('./doctor.js');
    return async (...args) => {
      if (!(await doctorCommand(...args))) process.exitCode = 1;
    };
  }
};

/** The command line; docs/settings.md lists its options. */
export function createProgram(version: string, run: Run): Command {
  const program = new Command('ship-env')
    .description('Ship a Python environment, editable packages included, to Spark executors')
    .version(version)
    .showHelpAfterError('(ship-env --help lists the commands)')
    .exitOverride()
    // Without this, commander would read the arguments of the program that `run` starts as our options.
    .enablePositionalOptions()
    // Commander's own help command answers an unknown name with the whole help and does not say what is wrong.
    .helpCommand(false)
    // Commander repeats the wrong argument, which may hold control characters.
    .configureOutput({ writeErr: text => void process.stderr.write(text.split('\n').map(visible).join('\n')) });
  for (const [name, load] of Object.entries(WORK) as [keyof typeof WORK, () => Promise<Work>][]) {
    const command = program.command(name).description(COMMANDS[name]);
    addOptions(command, name);
    command.action(async () => {
      const options = valuesOf(command);
      await run(options, async (view, signal) => (await load())(options, view, signal));
    });
  }
  addRun(program, run);
  addRemove(program, run);
  addSubmit(program, run);
  addRelease(program, run);
  addServe(program, version, run);
  addHelp(program);
  for (const command of program.commands) {
    command.showHelpAfterError(`(ship-env ${command.name()} --help lists the options)`);
  }
  return program;
}

/** Adds `run`: it takes the arguments of a program, and ends with the program's exit code. */
function addRun(program: Command, run: Run): void {
  const command = program.command('run').description(COMMANDS.run);
  addOptions(command, 'run');
  command
    .usage('[options] -- [<script> | -m <module> | -c <code>] [arguments]')
    .argument('[words...]', 'the arguments of python')
    .passThroughOptions()
    .action(async (words: string[]) => {
      const options = valuesOf(command);
      const { runCommand } = await import('./run.js');
      await run({ ...options, isProgram: true }, async (view, signal) => {
        process.exitCode = await runCommand(options, words, view, signal);
      });
    });
}

/** Adds `remove`: it takes the names of what to remove. */
function addRemove(program: Command, run: Run): void {
  const command = program.command('remove').description(COMMANDS.remove);
  addOptions(command, 'remove');
  command
    .argument('<names...>', 'environments (env-…), code archives, pointer files or records, as list and log print them')
    .action(async (names: string[]) => {
      const options = valuesOf(command);
      const { removeCommand } = await import('./remove.js');
      await run(options, (view, signal) => removeCommand(options, names, view, signal));
    });
}

/** Adds `submit`: it takes the arguments of spark-submit, and ends with the exit code of the job. */
function addSubmit(program: Command, run: Run): void {
  const command = program.command('submit').description(COMMANDS.submit);
  addOptions(command, 'submit');
  command
    .usage(
      '[options] -- [options of spark-submit] <script> | -m <module> | --entry-point <module:function> [arguments]'
    )
    .argument('[words...]', 'the arguments of spark-submit')
    .passThroughOptions()
    .action(async (words: string[]) => {
      const options = valuesOf(command);
      const { submitCommand } = await import('./submit.js');
      // A dry run starts no program, so its output goes to stdout.
      const isProgram = options.dryRun === true ? {} : { isProgram: true as const };
      await run({ ...options, ...isProgram }, async (view, signal) => {
        process.exitCode = await submitCommand(options, words, view, signal);
      });
    });
}

/** Adds `release`, which takes the name of a release. */
function addRelease(program: Command, run: Run): void {
  const command = program.command('release').description(COMMANDS.release);
  addOptions(command, 'release');
  command.argument('<name>', 'the name of the release').action(async (name: string) => {
    const options = valuesOf(command);
    const { releaseCommand } = await import('./release.js');
    await run(options, (view, signal) => releaseCommand(name, options, view, signal));
  });
}

/** Adds `serve`, which the Jupyter server starts, not a person. */
function addServe(program: Command, version: string, run: Run): void {
  program
    .command('serve')
    .description('run the sidecar of the JupyterLab extension; ends when its standard input closes')
    .requiredOption('--socket <path>', 'unix socket to listen on, in a directory of mode 700')
    .option('--remove-folder', 'remove the directory of the socket at the end')
    .action(async (options: { socket: string; removeFolder?: true }) => {
      const { serveCommand } = await import('./serve.js');
      await run({ json: true }, (view, signal) => serveCommand({ ...options, version }, view, signal));
    });
}

function addHelp(program: Command): void {
  program
    .command('help [command]')
    .description('display help for command')
    .action((name?: string) => {
      const found = name === undefined ? program : program.commands.find(command => command.name() === name);
      if (found === undefined) {
        return program.error(`error: unknown command '${name}'`, { code: 'commander.unknownCommand' });
      }
      found.help();
    });
}
