import { expect, test } from 'vitest';
import { sparkSubmitCommand, type Submission } from '../../src/submit/command.js';
import { parseJob } from '../../src/submit/words.js';

function commandOf(words: readonly string[], of: Partial<Submission> = {}): string[] {
  return sparkSubmitCommand({
    sparkSubmit: '/spark/bin/spark-submit',
    conf: { 'spark.master': 'yarn', 'spark.yarn.dist.files': 's3a://b/env.pex', 'spark.pyspark.python': './env.pex' },
    deployMode: 'client',
    driverPython: '/venv/bin/python',
    launcher: '/cache/launch.py',
    words: parseJob(words),
    ...of
  });
}

const OURS = [
  ...['/spark/bin/spark-submit', '--master', 'yarn', '--deploy-mode', 'client'],
  ...['--conf', 'spark.yarn.dist.files=s3a://b/env.pex', '--conf', 'spark.pyspark.python=./env.pex'],
  ...['--conf', 'spark.pyspark.driver.python=/venv/bin/python']
];

test('our properties come first, then the options of the person, then the script', () => {
  expect(commandOf(['--queue', 'prod', '--verbose', 'app.py', '--files', 'x'])).toEqual([
    ...OURS,
    ...['--queue', 'prod', '--verbose', 'app.py', '--files', 'x']
  ]);
});

test('lists of the person are added to ours, because Spark takes one list only', () => {
  const command = commandOf([
    '--files',
    'a,s3a://b/env.pex',
    '--conf',
    'spark.yarn.dist.files=c',
    '--py-files',
    'd',
    'app.py'
  ]);
  expect(command).toContain('spark.yarn.dist.files=s3a://b/env.pex,a,c');
  expect(command).not.toContain('--files');
  expect(command.slice(-3)).toEqual(['--py-files', 'd', 'app.py']);
  // There is no list of ours.
  expect(commandOf(['--archives', 'a', 'app.py']).slice(-3)).toEqual(['--archives', 'a', 'app.py']);
});

test('the master and the deploy mode are said once', () => {
  const words = ['--master', 'yarn', '--conf', 'spark.master=yarn', '--deploy-mode=client', 'app.py'];
  expect(commandOf(words)).toEqual([...OURS, 'app.py']);
});

test('a module gives the job its name, unless the person names it', () => {
  expect(commandOf(['-m', 'pkg.mod', 'x'])).toEqual([
    ...[...OURS.slice(0, 5), '--name', 'pkg.mod', ...OURS.slice(5)],
    ...['/cache/launch.py', 'pkg.mod', 'x']
  ]);
  expect(commandOf(['--conf', 'spark.app.name=tides', '-m', 'pkg.mod'])).not.toContain('--name');
});

test('a driver in the cluster has its python from the properties', () => {
  const command = commandOf(['app.py'], { deployMode: 'cluster', driverPython: undefined });
  expect(command).toEqual([...OURS.slice(0, 4), 'cluster', ...OURS.slice(5, -2), 'app.py']);
});
