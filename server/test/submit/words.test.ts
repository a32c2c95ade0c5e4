import { expect, test } from 'vitest';
import { clusterIn, parseJob } from '../../src/submit/words.js';

test('the words of a job are those of spark-submit', () => {
  const words = ['--num-executors', '2', '-c', 'spark.x=a=b', '--files=a,b', '--verbose', 'app.py', '--num', '-m'];
  expect(parseJob(words)).toEqual({
    options: [
      { name: '--num-executors', value: '2' },
      { name: '--conf', value: 'spark.x=a=b' },
      { name: '--files', value: 'a,b' },
      { name: '--verbose', value: undefined }
    ],
    program: { kind: 'script', path: 'app.py' },
    args: ['--num', '-m']
  });
});

test.each([
  [['-m', 'pkg.mod', '-m', 'x'], { program: { kind: 'module', name: 'pkg.mod' }, args: ['-m', 'x'] }],
  [['--queue', 'q', '--entry-point', 'pkg.mod:main'], { program: { kind: 'module', name: 'pkg.mod:main' }, args: [] }],
  [['--', 'app.py'], { program: { kind: 'script', path: 'app.py' } }],
  [['--some-later-option=x', 's3a://b/app.py'], { options: [{ name: '--some-later-option', value: 'x' }] }]
])('%j', (words, expected) => {
  expect(parseJob(words)).toMatchObject(expected);
});

test.each([
  [[], 'names no script'],
  [['--conf'], '--conf of spark-submit needs a value'],
  [['app.jar'], 'is no script'],
  [['--unknown', 'x', 'app.py'], '"--unknown" is no option'],
  [['--kill', 'x'], 'something else'],
  [['-m'], 'names nothing'],
  [['-m', 'pkg.mod:main'], '"pkg.mod:main"'],
  [['--entry-point', 'pkg.mod'], '"pkg.mod"'],
  [['-m', 'a b'], '"a b"']
])('%j is refused: %s', (words, message) => {
  expect(() => parseJob(words)).toThrow(
    expect.objectContaining({ code: 'USAGE_INVALID', message: expect.stringContaining(message) })
  );
});

test('the cluster is read from options and from properties, the last one first', () => {
  const job = (...words: string[]): ReturnType<typeof clusterIn> => clusterIn(parseJob([...words, 'app.py']));
  expect(job()).toEqual({});
  expect(job('--master', 'yarn', '--conf', 'spark.submit.deployMode=cluster')).toEqual({
    master: 'yarn',
    deployMode: 'cluster'
  });
  expect(job('--conf', 'spark.master=yarn', '--conf', 'spark.master=local[1]')).toEqual({ master: 'local[1]' });
  expect(() => job('--deploy-mode', 'other')).toThrow('"other" is no deploy mode');
});
