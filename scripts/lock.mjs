/**
 * `npm run lock`: compiles requirements/*.in into the lock files beside them, for every Python the project runs on.
 *
 * dev.txt comes first and constrains the others, so that one distribution has one version in all of them. The
 * benchmark's environments are independent: the requirements of cluster-pack decide their versions. The environment of
 * the tests' second S3 server is independent, too.
 */
import { main } from './lib/main.mjs';
import { paths } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setUp } from './setup/index.mjs';

const OLDEST_PYTHON = '3.10';

/** Each lock file, and the lock file whose versions it uses. */
const LOCKS = /** @type {const} */ ([
  ['dev', undefined],
  ['demo', 'dev'],
  ['build', 'dev'],
  ['kernel', 'dev'],
  ['connect', 'kernel'],
  ['bench/pex', 'dev'],
  ['bench/plot', 'dev'],
  ['bench/venv-pack', 'dev'],
  ['s3-server', undefined],
  ['bench/medium', undefined],
  ['bench/small', 'bench/medium'],
  ['bench/cluster-pack', 'bench/medium']
]);

await main(async args => {
  const env = await setUp('build');
  for (const [name, base] of LOCKS) {
    const constraints = base === undefined ? [] : ['-c', `${base}.txt`];
    const upgrade = args.includes('--upgrade') ? ['--upgrade'] : [];
    const options = [
      '--universal',
      '--python-version',
      OLDEST_PYTHON,
      '--no-header',
      '--no-annotate',
      '--no-emit-index-url'
    ];
    await run(
      'uv',
      ['pip', 'compile', '--quiet', ...options, ...constraints, ...upgrade, `${name}.in`, '-o', `${name}.txt`],
      {
        cwd: paths.requirements,
        env,
        // The compiled text also goes to stdout; the file is what counts.
        stdout: 'ignore'
      }
    );
    console.log(`requirements/${name}.txt`);
  }
});
