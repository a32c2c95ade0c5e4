/**
 * `npm run lock`: compiles requirements/*.in into the lock files beside them, for every Python the project runs on.
 *
 * dev.txt comes first and constrains the others, so that one distribution has one version in all of them.
 */
import { main } from './lib/main.mjs';
import { paths } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setUp } from './setup/index.mjs';

const OLDEST_PYTHON = '3.10';

await main(async args => {
  const env = await setUp('build');
  for (const name of ['dev', 'demo', 'build', 'kernel']) {
    const constraints = name === 'dev' ? [] : ['-c', 'dev.txt'];
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
