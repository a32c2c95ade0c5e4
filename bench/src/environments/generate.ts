/**
 * Makes distributions of a given size and number of files, with the same bytes each time, in the layout of pip:
 * packages, and a dist-info with METADATA, WHEEL and a RECORD with every hash. So an environment of the size of torch
 * needs no download.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { paths, pythonOf, sitePackages } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/process.mjs';
import { libraryContent, sourceText, type LibraryKind } from './generated-content.js';
import { makeVenv } from './venvs.js';

const FILES_PER_PACKAGE = 200;

/** A distribution to generate. */
export interface DistributionPlan {
  /** Import name and, with `-` for `_`, distribution name. */
  readonly name: string;
  readonly version: string;
  /** Number of Python modules. */
  readonly files: number;
  /** Size of each module. */
  readonly moduleBytes: number;
  /** Size of one `.so` file, 0 for none. */
  readonly libraryBytes: number;
  /** Content of the `.so` file; default: code. */
  readonly library?: LibraryKind;
}

/** An environment to generate. */
export interface EnvironmentPlan {
  readonly distributions: number;
  /** Number of all files. */
  readonly files: number;
  /** Bytes of all files: libraries fill what the modules leave. */
  readonly bytes: number;
}

/**
 * A virtual environment with generated distributions.
 *
 * @param venv - directory to make
 * @returns its python
 */
export async function generateEnvironment(venv: string, plan: EnvironmentPlan): Promise<string> {
  const moduleBytes = Math.min(1500, Math.floor(plan.bytes / plan.files / 2));
  const libraryBytes = Math.floor((plan.bytes - plan.files * moduleBytes) / plan.distributions);
  await makeVenv(venv);
  for (let index = 0; index < plan.distributions; index += 1) {
    writeDistribution(sitePackages(venv), {
      name: `bench_${String(index).padStart(4, '0')}`,
      version: '1.0',
      files: Math.ceil(plan.files / plan.distributions),
      moduleBytes,
      libraryBytes
    });
  }
  return pythonOf(venv);
}

/**
 * A wheel that pip and uv install.
 *
 * @returns path of the wheel
 */
export async function generateWheel(folder: string, plan: DistributionPlan): Promise<string> {
  const tree = join(folder, `${plan.name}-${plan.version}`);
  const wheel = join(folder, `${plan.name}-${plan.version}-py3-none-any.whl`);
  const names = writeDistribution(tree, plan);
  await run(pythonOf(paths.venv), ['-m', 'zipfile', '-c', wheel, ...names], { cwd: tree, stdout: 'capture' });
  rmSync(tree, { recursive: true });
  return wheel;
}

/**
 * @param site - a new or existing site-packages folder
 * @returns names of the two new folders
 */
export function writeDistribution(site: string, plan: DistributionPlan): string[] {
  const { name, version, files, moduleBytes, libraryBytes } = plan;
  const information = `${name}-${version}.dist-info`;
  const record: string[] = [];
  const add = (path: string, content: string | Generator<Buffer>) => {
    record.push(`${path},${writeHashed(join(site, path), content)}`);
  };
  add(`${name}/__init__.py`, `"""Generated."""\n\nVERSION = '${version}'\n`);
  for (let index = 1; index < files; index += 1) {
    const part = `part_${Math.floor(index / FILES_PER_PACKAGE)}`;
    add(`${name}/${part}/module_${index}.py`, sourceText(`${name} ${version} ${index}`, moduleBytes));
  }
  if (libraryBytes > 0) {
    add(`${name}/lib${name}.so`, libraryContent(`${name} ${version}`, libraryBytes, plan.library ?? 'code'));
  }
  add(`${information}/METADATA`, `Metadata-Version: 2.1\nName: ${name.replaceAll('_', '-')}\nVersion: ${version}\n`);
  add(
    `${information}/WHEEL`,
    'Wheel-Version: 1.0\nGenerator: ship-env-bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n'
  );
  writeFileSync(join(site, information, 'RECORD'), [...record, `${information}/RECORD,,`, ''].join('\n'));
  return [name, information];
}

/** @returns `sha256=<digest>,<size>`, for RECORD */
function writeHashed(path: string, content: string | Generator<Buffer>): string {
  const hash = createHash('sha256');
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  for (const block of typeof content === 'string' ? [Buffer.from(content)] : content) {
    hash.update(block);
    writeSync(file, block);
  }
  closeSync(file);
  return `sha256=${hash.digest('base64url')},${statSync(path).size}`;
}
