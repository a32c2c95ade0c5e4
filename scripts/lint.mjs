/**
 * `npm run lint` and `npm run fix`: every linter, formatter and type checker, on code and tests alike. All of them run,
 * so that one run shows all problems.
 */
import { ScriptFailure, main } from './lib/main.mjs';
import { run } from './lib/process.mjs';
import { bold, green, heading, red, seconds, stepLine } from './lib/terminal.mjs';
import { setUp } from './setup/index.mjs';

/** @type {readonly {name: string, check: string[], fix?: string[]}[]} */
const CHECKS = [
  {
    name: 'generated files',
    check: ['node', 'scripts/generate.mjs', '--check'],
    fix: ['node', 'scripts/generate.mjs']
  },
  { name: 'changelog', check: ['node', 'scripts/lint/check-changelog.mjs'] },
  { name: 'tsc, front end', check: ['npx', 'tsc', '--noEmit'] },
  { name: 'tsc, front end tests', check: ['npx', 'tsc', '-p', 'tsconfig.tests.json'] },
  { name: 'tsc, server', check: ['npx', 'tsc', '-p', 'server', '--noEmit'] },
  { name: 'tsc, browser tests', check: ['npx', 'tsc', '-p', 'ui-tests', '--noEmit'] },
  { name: 'tsc, benchmark', check: ['npx', 'tsc', '-p', 'bench'] },
  { name: 'tsc, scripts', check: ['npx', 'tsc', '-p', 'scripts'] },
  {
    name: 'eslint',
    check: ['npx', 'eslint', '--max-warnings=0', '.'],
    fix: ['npx', 'eslint', '--max-warnings=0', '--fix', '.']
  },
  {
    name: 'stylelint',
    check: ['npx', 'stylelint', 'style/**/*.css'],
    fix: ['npx', 'stylelint', '--fix', 'style/**/*.css']
  },
  {
    name: 'prettier',
    check: ['npx', 'prettier', '--check', '--log-level=warn', '.'],
    fix: ['npx', 'prettier', '--write', '--log-level=warn', '.']
  },
  { name: 'ruff', check: ['ruff', 'check', '.'], fix: ['ruff', 'check', '--fix', '.'] },
  { name: 'ruff format', check: ['ruff', 'format', '--check', '.'], fix: ['ruff', 'format', '.'] },
  { name: 'mypy', check: ['mypy'] }
];

await main(async args => {
  const env = await setUp('test', []);
  const isFix = args.includes('--fix');
  heading(isFix ? 'Fix' : 'Lint');
  /** @type {{name: string, output: string}[]} */
  const failed = [];
  for (const { name, check, fix } of CHECKS) {
    const [program = '', ...rest] = isFix ? (fix ?? check) : check;
    const started = performance.now();
    const { code, output } = await run(program, rest, { env, stdout: 'capture', allowFailure: true });
    const ms = performance.now() - started;
    if (code === 0) {
      stepLine(name, '', ms);
    } else {
      console.log(`  ${red('✗')} ${name.padEnd(22)} ${seconds(ms)}`);
      failed.push({ name, output });
    }
  }
  for (const { name, output } of failed) {
    console.log(`\n${bold(name)}\n${output.trim()}`);
  }
  if (failed.length > 0) {
    throw new ScriptFailure(`${failed.map(({ name }) => name).join(', ')}: see above.`);
  }
  console.log(`\n${green('✓')} all ${CHECKS.length} checks passed`);
});
