import { expect, test } from 'vitest';
import { events, shipEnv } from '../support/bundle.js';
import { temporaryFolder } from '../support/temporary.js';
import { saveSettings } from '../support/settings-file.js';

test('the help names each choice that there is, and another one is refused', async () => {
  const home = await temporaryFolder();
  for (const command of ['ship', 'config', 'build']) {
    expect((await shipEnv(home, [command, '--help'])).stdout).toMatch(
      /--format <format>\s+artifact format: pex \(default\)[^-]+archive/u
    );
  }
  expect((await shipEnv(home, ['config', '--help'])).stdout).toMatch(
    /choices:\s+"builder",\s+"submit",\s+"json",\s+"command"/u
  );
  const unknown = await shipEnv(home, ['ship', '--python', '/nowhere', '--format', 'docker', '--json']);
  expect(events(unknown.stdout)).toMatchObject([{ code: 'FORMAT_UNKNOWN' }]);
});

test.each(['--python', '--target'])('an empty %s is a usage error, as of a variable that is not set', async option => {
  const home = await temporaryFolder();
  const { exitCode, stdout } = await shipEnv(home, ['ship', option, '', '--json']);
  expect(exitCode).toBe(2);
  const message = expect.stringMatching(
    new RegExp(`${option} <\\w+>' argument '' is invalid. The value is empty. .*[^.]\\.$`, 'u')
  );
  expect(events(stdout)).toMatchObject([{ code: 'USAGE_INVALID', message }]);
});

test.each([
  [['ship', '--python', '/no/such/python'], 1, 'PYTHON_NOT_FOUND'],
  [['ship'], 1, 'PYTHON_NO_ENVIRONMENT'],
  [['check', '--target', 'nowhere'], 1, 'TARGET_UNKNOWN'],
  [['check', '--target', './some/folder'], 1, 'TARGET_UNKNOWN'],
  [['check', '--target', 'ftp://host/dir'], 1, 'TARGET_URL_INVALID'],
  [['ship', '--no-such-option'], 2, 'USAGE_INVALID'],
  [['build'], 2, 'USAGE_INVALID'],
  [['nonsense'], 2, 'USAGE_INVALID']
])('%j fails with exit code %i and %s', async (args, exitCode, code) => {
  const home = await temporaryFolder();
  const forProgram = await shipEnv(home, [...args, '--json']);
  expect(forProgram.exitCode).toBe(exitCode);
  expect(events(forProgram.stdout).at(-1)).toMatchObject({ type: 'error', code });
  const forPerson = await shipEnv(home, args);
  expect(forPerson.exitCode).toBe(exitCode);
  expect(forPerson.stderr).toMatch(/\S/);
  expect(forPerson.stdout).toBe('');
});

test('settings that are damaged are named, not guessed around', async () => {
  const home = await temporaryFolder();
  await saveSettings(home, '{ "targets": "s3://bucket" }');
  const { stdout } = await shipEnv(home, ['check', '--json']);
  expect(events(stdout)).toMatchObject([
    {
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(/cannot be used: targets: expected array, received string\.$/)
    }
  ]);
  await saveSettings(home, '[]');
  expect((await shipEnv(home, ['check'])).stderr).toContain('cannot be used: expected object, received array.');
});

test('a default target that the settings do not hold is told as theirs', async () => {
  const home = await temporaryFolder();
  await saveSettings(home, '{ "defaultTarget": "nope" }');
  const { stderr } = await shipEnv(home, ['check']);
  expect(stderr).toContain(
    'The settings name "nope" as the default target, but have no such target; they have: local.'
  );
  expect(stderr).toContain('--target');
});

test('a wrong option says which command lists the right ones', async () => {
  const { stderr } = await shipEnv(await temporaryFolder(), ['ship', '--pyton', 'x']);
  expect(stderr).toContain('Did you mean --python?');
  expect(stderr).toContain('(ship-env ship --help lists the options)');
});

test('help of a command that is not there says so', async () => {
  const home = await temporaryFolder();
  const { stderr, exitCode } = await shipEnv(home, ['help', 'shp']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("unknown command 'shp'");
  const [known, all] = [await shipEnv(home, ['help', 'ship']), await shipEnv(home, ['help'])];
  expect(known).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--dry-run') });
  expect(all).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('help [command]') });
});

test('a program that is no python is told in few words', async () => {
  const { stderr, exitCode } = await shipEnv(await temporaryFolder(), ['snapshot', '--python', '/bin/ls']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('PYTHON_NOT_FOUND');
  expect(stderr.split('\n').length).toBeLessThan(6);
  expect(stderr.match(/ended with exit code/g)).toHaveLength(1);
});
