import { CommanderError } from 'commander';
import { beforeEach, expect, test, vi } from 'vitest';
import { wordsOf } from '../../src/cli/options.js';
import { createProgram } from '../../src/cli/program.js';
import { COMMANDS, type CommandName } from '../../src/contract/declaration.js';
import { COMMAND_OPTIONS, SETTINGS, requestShape, type OptionValues } from '../../src/contract/option-lists.js';
import { requestedBy, settings } from '../../src/contract/settings.js';

beforeEach(() => {
  // Commander writes its errors there.
  const silent = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return () => silent.mockRestore();
});

/** The options that a command gets, without running its work. */
async function read(command: CommandName, words: readonly string[]): Promise<OptionValues> {
  const given: OptionValues[] = [];
  const program = createProgram('0', options => {
    given.push(options);
    return Promise.resolve();
  });
  await program.parseAsync(['node', 'ship-env', command, ...words]);
  return given[0] ?? {};
}

/** A value for each option of a ship. */
const SAID: OptionValues = {
  python: '/venv',
  target: 's3://b/x',
  shared: true,
  master: '',
  nodeCache: '/var/cache/ship-env',
  deployMode: 'client',
  format: 'pex',
  excludes: ['a', 'b'],
  includeSpark: true,
  includeInterpreter: true,
  allowSecrets: ['.env'],
  allowLinks: ['/data', '/more'],
  dryRun: true,
  release: 'v1',
  json: true
};

test('what a ship was told can be told to the next one in the same words', async () => {
  expect(Object.keys(SAID)).toEqual(
    COMMAND_OPTIONS.filter(([, { commands }]) => commands.includes('ship')).map(([name]) => name)
  );
  expect(await read('ship', wordsOf(SAID, 'ship'))).toEqual(SAID);
  expect(wordsOf({ ...SAID, olderThan: 1 }, 'list')).toEqual(['--target', 's3://b/x', '--json']);
});

test('options have the values that they are declared to have', async () => {
  const values = await read('prune', ['--older-than', '12h', '--keep', '0', '-t', 'a']);
  expect(values).toEqual({ target: 'a', olderThan: 43_200_000, keep: 0 });
  expect(await read('prune', [])).toEqual({ olderThan: 30 * 86_400_000, keep: 5 });
  expect(await read('config', [])).toEqual({ as: 'builder' });
});

test('a list of the request has the name of its setting, and settings that no request has stay out', () => {
  const { master, nodeCache, excludes, allowSecrets, allowLinks } = settings.parse({});
  expect(requestedBy(settings.parse({}))).toEqual({ master, nodeCache, excludes, allowSecrets, allowLinks });
  const lists = COMMAND_OPTIONS.filter(([, { flags }]) => flags.endsWith('...>')).map(([name]) => name);
  const known = [...Object.keys(requestShape), ...SETTINGS.map(([name]) => name)];
  for (const name of lists) expect(known.filter(other => other === name)).toHaveLength(2);
});

test.each(Object.keys(COMMANDS) as CommandName[])(
  'ship-env %s takes the options that are declared for it, and no other',
  async command => {
    const taken: string[] = [];
    for (const [name, { flags, choices, value }] of COMMAND_OPTIONS) {
      const flag = flags.split(/, | /u).find(word => word.startsWith('--')) ?? '';
      const example = choices?.[0] ?? { age: '1d', count: '1', name: 'x' }[value ?? 'name'];
      const words = [flag, ...(flags.includes('<') ? [example] : [])];
      const needed =
        command === 'remove' || command === 'release'
          ? ['env-x']
          : command === 'build' && name !== 'output'
            ? ['--output', 'x']
            : [];
      const values = await read(command, [...words, ...needed]).catch((error: unknown) => {
        if (error instanceof CommanderError && error.code === 'commander.unknownOption') return {};
        throw error;
      });
      if (name in values) taken.push(name);
    }
    expect(taken).toEqual(
      COMMAND_OPTIONS.filter(([, { commands }]) => commands.includes(command)).map(([name]) => name)
    );
  }
);
