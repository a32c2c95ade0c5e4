/**
 * Tests `npm run watch`, and the program that replaces the bundle in `npm run lab -- --dev`, on a copy of the checkout.
 */
// needs: seed
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../lib/paths.mjs';
import { leftovers, run, start } from '../lib/process.mjs';
import { projectEnvironment } from '../setup/index.mjs';

const COPIED = [
  ...[
    '.cache/seed.stamp',
    'jupyterlab_ship_env',
    'package-lock.json',
    'package.json',
    'pyproject.toml',
    'schema',
    'scripts'
  ],
  ...[
    'requirements/build.txt',
    'server/dist/seed.pex',
    'server/dist/hadoop',
    'server/package.json',
    'server/src',
    'src',
    'style'
  ],
  ...['tsconfig.base.json', 'tsconfig.json']
];
const LINKED = ['.venv', 'node_modules', 'server/node_modules'];
const MADE = [paths.labextension, paths.sidecar];
/** Ends a watch that hangs; long enough for a busy machine. */
const PATIENCE_MS = 600_000;

/** The lines that a program prints; a test can wait for one. */
class Lines {
  /** @type {string[]} */
  #lines = [];
  /** @type {() => void} */
  #heard = () => undefined;

  /** @param {string} line */
  add(line) {
    this.#lines.push(line);
    this.#heard();
  }

  /**
   * Waits for a line that contains the text, and forgets the lines up to it.
   *
   * @param {string} text
   */
  async until(text) {
    for (;;) {
      const index = this.#lines.findIndex(line => line.includes(text));
      if (index !== -1) {
        this.#lines.splice(0, index + 1);
        return;
      }
      this.#lines = [];
      await /** @type {Promise<void>} */ (new Promise(resolve => (this.#heard = resolve)));
    }
  }
}

describe('a watch', { timeout: PATIENCE_MS }, () => {
  /** @type {string} */
  let copy;
  const lines = new Lines();
  /** @type {ReturnType<typeof start>} */
  let watching;
  const at = (/** @type {string} */ path) => join(copy, path);
  const edit = (/** @type {string} */ path, /** @type {string} */ from, /** @type {string} */ to) => {
    const text = readFileSync(at(path), 'utf8');
    expect(text).toContain(from);
    writeFileSync(at(path), text.replace(from, to));
  };
  const help = async () =>
    (await run('node', [at('jupyterlab_ship_env/sidecar/ship-env.mjs'), '--help'], { stdout: 'capture' })).output;

  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), 'ship-env-watch-'));
    const filter = (/** @type {string} */ path) => !MADE.includes(path);
    COPIED.forEach(path => cpSync(join(paths.root, path), at(path), { recursive: true, filter }));
    LINKED.forEach(path => symlinkSync(join(paths.root, path), at(path)));
    const program = "const { watch } = await import(process.argv[1]); await watch(process.env); console.log('ready');";
    const args = ['--input-type=module', '--eval', program, at('scripts/watch/index.mjs')];
    const onLine = (/** @type {string} */ line) => lines.add(line);
    watching = start('node', args, { cwd: copy, env: projectEnvironment(), onLine });
    await lines.until('ready');
  }, PATIENCE_MS);

  afterAll(async () => {
    watching.stop();
    await watching.ended;
    rmSync(copy, { recursive: true, force: true });
  }, PATIENCE_MS);

  it('brings a change of the command line to the bundle, and says where an error is', async () => {
    expect(await help()).not.toContain('Watched');
    appendFileSync(at('server/src/cli/program.ts'), '\nconst broken = ;\n');
    await lines.until('sidecar: 1 problems');
    // The last successful build runs.
    expect(await help()).toContain('Ship a Python environment');
    edit('server/src/cli/program.ts', '\nconst broken = ;\n', '');
    edit('server/src/cli/program.ts', 'Ship a Python environment', 'Watched');
    await lines.until('✓ sidecar');
    expect(await help()).toContain('Watched');
    const sidecar = at('jupyterlab_ship_env/sidecar');
    const maps = readdirSync(sidecar).filter(name => name.endsWith('.mjs.map'));
    expect(maps.some(name => readFileSync(join(sidecar, name), 'utf8').includes('server/src/cli/program.ts'))).toBe(
      true
    );
  });

  it('brings a change of a module for executors beside the bundle', async () => {
    for (const module of ['ship_env_code.py', 'ship_env_node/unpack.py']) {
      appendFileSync(at(`jupyterlab_ship_env/runtime/${module}`), '# Watched\n');
      await lines.until('✓ sidecar');
      expect(readFileSync(at(`jupyterlab_ship_env/sidecar/${module}`), 'utf8')).toContain('# Watched');
    }
  });

  it('brings a change of the front end to the labextension', async () => {
    appendFileSync(at('src/index.ts'), "\nexport const watched: string = 'Watched';\n");
    const folder = at('jupyterlab_ship_env/labextension/static');
    const holds = (/** @type {RegExp} */ name, /** @type {string} */ text) =>
      readdirSync(folder).some(file => name.test(file) && readFileSync(join(folder, file), 'utf8').includes(text));
    await lines.until('✓ front end');
    while (!holds(/\.js$/, 'Watched')) {
      await lines.until('✓ labextension');
    }
    expect(holds(/\.js\.map$/, 'watched: string')).toBe(true);
  });

  it('starts a running sidecar anew', async () => {
    const heard = new Lines();
    const socket = join(mkdtempSync(join(copy, 'socket-')), 'socket');
    const command = [at('scripts/watch/reloading.mjs'), 'serve', '--socket', socket];
    // Like under the Jupyter server, the standard input stays open.
    const standIn = start('sh', ['-c', 'sleep infinity | exec node "$@"', 'sh', ...command], {
      env: { ...process.env, SHIP_ENV_TOKEN: 'token' },
      onLine: line => heard.add(line)
    });
    const sidecar = () => leftovers().find(process => process.command.includes('ship-env.mjs serve'))?.pid;
    await heard.until('"type":"ready"');
    const first = sidecar();
    expect(first).toBeGreaterThan(0);
    edit('server/src/cli/program.ts', 'Watched', 'Watched again');
    await heard.until('"type":"ready"');
    expect(sidecar()).toBeGreaterThan(0);
    expect(sidecar()).not.toBe(first);
    standIn.stop();
    await standIn.ended;
  });

  it('ends with all that it started', async () => {
    watching.stop();
    await watching.ended;
    await expect.poll(leftovers, { timeout: PATIENCE_MS }).toEqual([]);
  });
});
