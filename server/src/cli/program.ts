import { Command, Option } from 'commander';
import { visible } from '../contract/visible.js';
import { CONFIG_STYLES } from './config-styles.js';
import { withAges, withCommon, withContent, withMaster, withShared, withTarget, type CliOptions } from './options.js';
import type { View } from './view.js';

/** Runs a command's work with the view and the signal of this process. */
export type Run = (options: CliOptions, work: (view: View, signal: AbortSignal) => Promise<unknown>) => Promise<void>;

/**
 * The command line (docs: README.md). What a command needs is imported when it runs, so that `--version` and a ship
 * that sends nothing pay for neither express nor the AWS SDK.
 */
export function createProgram(version: string, run: Run): Command {
  const program = new Command('ship-env')
    .description('Ship a Python environment, editable packages included, to Spark executors')
    .version(version)
    .showHelpAfterError('(ship-env --help lists the commands)')
    .exitOverride()
    // Commander's own answers an unknown command with the whole help and no word of what is wrong.
    .helpCommand(false)
    // It repeats the argument that is wrong.
    .configureOutput({ writeErr: text => void process.stderr.write(text.split('\n').map(visible).join('\n')) });
  addLooking(program, run);
  addShipping(program, run);
  addCleaning(program, run);
  program
    .command('serve')
    .description('run the sidecar of the JupyterLab extension; ends when its standard input closes')
    .requiredOption('--socket <path>', 'unix socket to listen on, in a directory of mode 700')
    .option('--remove-folder', 'remove the directory of the socket at the end')
    .action(async (options: { socket: string; removeFolder?: true }) => {
      const { serveCommand } = await import('./serve.js');
      await run({ json: true }, (view, signal) => serveCommand({ ...options, version }, view, signal));
    });
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
  for (const command of program.commands) {
    command.showHelpAfterError(`(ship-env ${command.name()} --help lists the options)`);
  }
  return program;
}

function addLooking(program: Command, run: Run): void {
  withCommon(program.command('snapshot').description('show what the environment holds')).action(
    async (options: CliOptions) => {
      const { snapshotCommand } = await import('./inspect.js');
      await run(options, (view, signal) => snapshotCommand(options, view, signal));
    }
  );
  withCommon(withTarget(program.command('list').description('list the artifacts on a target'))).action(
    async (options: CliOptions) => {
      const { listCommand } = await import('./inspect.js');
      await run(options, (view, signal) => listCommand(options, view, signal));
    }
  );
  withCommon(
    withTarget(program.command('check').description('write, read back and delete a small object on a target'))
  ).action(async (options: CliOptions) => {
    const { checkCommand } = await import('./inspect.js');
    await run(options, (view, signal) => checkCommand(options, view, signal));
  });
  withCommon(withTarget(program.command('doctor').description('show what is missing and how to get it'))).action(
    async (options: CliOptions) => {
      const { doctorCommand } = await import('./doctor.js');
      await run(options, async (view, signal) => {
        if (!(await doctorCommand(options, view, signal))) process.exitCode = 1;
      });
    }
  );
}

function addCleaning(program: Command, run: Run): void {
  withAges(
    withTarget(withCommon(program.command('prune').description('remove what is old and no longer needed on a target')))
  ).action(async (options: CliOptions) => {
    const { pruneCommand } = await import('./prune.js');
    await run(options, (view, signal) => pruneCommand(options, view, signal));
  });
}

function addShipping(program: Command, run: Run): void {
  withContent(withCommon(program.command('build').description('build the artifact as a file')))
    .requiredOption('--output <file>', 'where to write it')
    .action(async (options: CliOptions) => {
      const { buildCommand } = await import('./build.js');
      await run(options, (view, signal) => buildCommand(options, view, signal));
    });
  withMaster(
    withContent(
      withShared(withTarget(withCommon(program.command('ship').description('ship the environment to a target'))))
    )
  )
    .option('--dry-run', 'stop before the upload and say what would be sent')
    .action(async (options: CliOptions) => {
      const { shipCommand } = await import('./ship.js');
      await run(options, (view, signal) => shipCommand(options, view, signal));
    });
  withMaster(
    withContent(
      withShared(
        withTarget(withCommon(program.command('config').description('print the Spark config of a shipped environment')))
      )
    )
  )
    .addOption(new Option('--as <style>', 'how to print it').choices(CONFIG_STYLES).default('builder'))
    .action(async (options: CliOptions) => {
      const { configCommand } = await import('./config.js');
      await run(options, (view, signal) => configCommand(options, view, signal));
    });
}
