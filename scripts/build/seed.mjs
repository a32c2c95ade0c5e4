// Makes the seed with the pex tool: the empty PEX whose boot code every artifact has, server/dist/seed.pex.
// usage: node scripts/build/seed.mjs [--out FILE]...    (pex on PATH, in the pinned version)
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Every artifact holds the .bootstrap of this version unchanged, so another version makes other artifacts. */
const PEX_VERSION = '2.105.2';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string', multiple: true } } });
const outputs = values.out ?? [join(root, 'server/dist/seed.pex')];

const version = run('--version').trim();
if (version !== PEX_VERSION) {
  throw new Error(
    `The pex tool on PATH must be version ${PEX_VERSION}; it is ${version}. Run: pip install pex==${PEX_VERSION}`
  );
}
const work = mkdtempSync(join(tmpdir(), 'ship-env-seed-'));
try {
  const seed = join(work, 'seed.pex');
  // fallback: executors have pyspark on PYTHONPATH. include-tools: PEX_TOOLS=1 ./env.pex. shebang: not this machine's.
  run('--output-file', seed, '--inherit-path=fallback', '--include-tools', '--python-shebang', '/usr/bin/env python3');
  for (const output of outputs) {
    mkdirSync(dirname(output), { recursive: true });
    copyFileSync(seed, output);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** @param {string[]} args */
function run(...args) {
  // No pexrc and no PEX_* variable: settings of this machine must not change the seed.
  const { PATH, HOME = tmpdir(), LANG = 'C.UTF-8' } = process.env;
  return execFileSync('pex', args, { encoding: 'utf8', env: { PATH, HOME, LANG, PEX_IGNORE_RCFILES: '1' } });
}
