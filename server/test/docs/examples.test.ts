import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import json5 from 'json5';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseMaster } from '../../src/deployments/registry.js';
import { readSettings, resolveTarget } from '../../src/settings/jupyterlab.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { BUNDLE } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { ROOT, fencesOf, readPages, type Fence, type Page } from './pages.js';

// One example starts Spark on a busy machine: this time limit only stops a test that hangs.
vi.setConfig({ testTimeout: 600_000 });

/** Pages that do not begin with an example. */
const WITHOUT_EXAMPLE = ['SECURITY.md', 'CHANGELOG.md'];
/** Examples of these pages are for a checkout; all others are for a folder with an environment. */
const OF_A_CHECKOUT = ['CONTRIBUTING.md', 'docs/benchmarks.md'];

/** Runs the cells of a notebook, given in a JSON file, in the kernel's python. */
const NOTEBOOK = `
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1])):
    shell.run_cell(cell).raise_error()
spark = shell.user_ns.get("spark")
if spark is not None:
    spark.stop()
`;

/** The folder of the examples: `venv` is the kernel's environment of the pages, `harbour` its editable package. */
let kernel: KernelVenv;
let env: Record<string, string | undefined>;
/** The folder with the extension, IPython and pyspark: outside of the environment, so that it stays small. */
let besideKernel: string;

beforeAll(async () => {
  kernel = await makeKernelVenv();
  const bin = join(kernel.folder, 'bin');
  const spark = await makeSparkHome(kernel.folder);
  await mkdir(bin);
  await writeFile(join(bin, 'ship-env'), `#!/bin/sh\nexec '${process.execPath}' '${BUNDLE}' "$@"\n`);
  await chmod(join(bin, 'ship-env'), 0o755);
  await writeFile(
    join(kernel.folder, 'train.py'),
    'import harbour, sys\nprint("harbour", harbour.VERSION, sys.argv[1:])\n'
  );
  env = {
    ...spark,
    // The folder of the examples is in the home folder, as for a reader: a ship makes a missing target there.
    HOME: kernel.folder,
    PATH: [bin, process.env['PATH']].join(delimiter),
    VIRTUAL_ENV: undefined,
    NO_COLOR: '1',
    SHIP_ENV_NODE_ROOT: join(kernel.folder, 'node')
  };
  const { stdout } = await execa('python', ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  besideKernel = [ROOT, stdout].join(delimiter);
});
afterAll(() => kernel.remove());

/** The runner of each language: runs an example and returns the visible output. */
const RUNNERS: Readonly<Record<string, (code: string, page: Page) => Promise<string>>> = { sh, python, json };

async function sh(code: string, { path }: Page): Promise<string> {
  const isOfCheckout = OF_A_CHECKOUT.includes(path);
  const { all } = await execa('bash', ['-euo', 'pipefail', '-c', code], {
    cwd: isOfCheckout ? ROOT : kernel.folder,
    env: isOfCheckout ? {} : { ...env, PYTHONPATH: undefined },
    all: true
  });
  return all;
}

/** Cells of a notebook, with an empty line between them. An empty line before an indented line is part of a cell. */
async function python(code: string): Promise<string> {
  const cells = join(kernel.folder, 'cells.json');
  await writeFile(cells, JSON.stringify(code.trim().split(/\n{2,}(?=\S)/u)));
  const { all } = await execa(kernel.python, ['-c', NOTEBOOK, cells], {
    cwd: kernel.folder,
    env: { ...env, PYTHONPATH: besideKernel },
    all: true
  });
  return all;
}

/** A settings file of JupyterLab. */
async function json(code: string): Promise<string> {
  const folder = join(kernel.folder, 'settings');
  await mkdir(join(folder, 'jupyterlab-ship-env'), { recursive: true });
  await writeFile(join(folder, 'jupyterlab-ship-env', 'plugin.jupyterlab-settings'), code);
  const settings = await readSettings({ JUPYTERLAB_SETTINGS_DIR: folder });
  const written: Record<string, unknown> = json5.parse(code);
  const unknown = Object.keys(written).filter(key => !(key in settings) && key !== 'insertPosition');
  expect(unknown, 'settings that there are not').toEqual([]);
  parseMaster(settings.master);
  resolveTarget(undefined, settings);
  for (const target of settings.targets) expect(target.kind, target.url).not.toBe('unusable');
  return '';
}

/** The first example of a page, and its expected output if the page has it. */
function exampleOf({ path, text }: Page): { example: Fence; output: string } | undefined {
  const heading = path === 'README.md' ? '## First ship\n' : '';
  const start = text.indexOf(heading) + heading.length;
  const from = text.slice(start);
  const end = from.search(/^## /mu);
  const [example, next] = fencesOf(end < 0 ? from : from.slice(0, end)).filter(({ language }) => language !== '');
  if (example === undefined) return undefined;
  return { example, output: next?.language === 'text' ? next.code : '' };
}

/** A pattern for the output on a page; `…` stands for anything. */
function patternOf(line: string): RegExp {
  const pieces = line.trim().split('…');
  return new RegExp(pieces.map(piece => piece.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&')).join('.*'), 'u');
}

const pages = (await readPages()).filter(({ path }) => !WITHOUT_EXAMPLE.includes(path));

test.each(pages)('$path begins with an example that works', async page => {
  const found = exampleOf(page);
  expect(found, 'an example before the first section').toBeDefined();
  if (found === undefined) return;
  const { example, output } = found;
  const run = RUNNERS[example.language];
  expect(run, `a runner for ${example.language}`).toBeDefined();
  const printed = (await run?.(example.code, page)) ?? '';
  for (const line of output.split('\n').filter(each => each.trim() !== '')) expect(printed).toMatch(patternOf(line));
});
