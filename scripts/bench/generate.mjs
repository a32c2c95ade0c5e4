/**
 * Makes distributions of a given size and number of files, the same bytes each time, and lays them out as pip would:
 * packages, a dist-info with METADATA, WHEEL and a RECORD with every hash. So a torch-sized environment needs no download.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { paths, pythonOf, sitePackages } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { uv } from '../setup/python.mjs';

const BLOCK = 1024 ** 2;
const FILES_PER_PACKAGE = 200;
const WORDS = 'alpha batch cell depth edge frame graph head index join kernel label mask node offset part'.split(' ');

/**
 * @typedef {object} DistributionPlan
 * @property {string} name import name and, with `-` for `_`, distribution name
 * @property {string} version
 * @property {number} files Python modules, text that compresses like source code
 * @property {number} moduleBytes size of each
 * @property {number} libraryBytes size of one `.so` file, 0 for none
 * @property {'random' | 'code'} [library] random does not compress; code compresses to about a third, as libraries do
 *
 * @typedef {object} EnvironmentPlan
 * @property {number} distributions
 * @property {number} files in all
 * @property {number} bytes in all: what the modules do not take, the libraries do
 */

/**
 * A virtual environment with generated distributions.
 *
 * @param {string} venv directory to make
 * @param {EnvironmentPlan} plan
 * @returns {Promise<string>} its python
 */
export async function generateEnvironment(venv, plan) {
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

/** @param {string} venv */
export async function makeVenv(venv) {
  rmSync(venv, { recursive: true, force: true });
  await uv(['venv', '--quiet', '--python', pythonOf(paths.venv), venv]);
}

/**
 * A wheel that pip and uv install.
 *
 * @param {string} folder
 * @param {DistributionPlan} plan
 * @returns {Promise<string>} path of the wheel
 */
export async function generateWheel(folder, plan) {
  const tree = join(folder, `${plan.name}-${plan.version}`);
  const wheel = join(folder, `${plan.name}-${plan.version}-py3-none-any.whl`);
  const names = writeDistribution(tree, plan);
  await run(pythonOf(paths.venv), ['-m', 'zipfile', '-c', wheel, ...names], { cwd: tree, stdout: 'capture' });
  rmSync(tree, { recursive: true });
  return wheel;
}

/**
 * @param {string} site folder that becomes, or is, a site-packages
 * @param {DistributionPlan} plan
 * @returns {string[]} names of the two folders it made there
 */
export function writeDistribution(site, plan) {
  const { name, version, files, moduleBytes, libraryBytes } = plan;
  const information = `${name}-${version}.dist-info`;
  const record = /** @type {string[]} */ ([]);
  /** @type {(path: string, content: string | Generator<Buffer>) => void} */
  const add = (path, content) => void record.push(`${path},${writeHashed(join(site, path), content)}`);
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

/**
 * @param {string} path
 * @param {string | Generator<Buffer>} content
 * @returns {string} `sha256=<digest>,<size>`, as RECORD has it
 */
function writeHashed(path, content) {
  const hash = createHash('sha256');
  mkdirSync(dirname(path), { recursive: true });
  if (typeof content === 'string') {
    hash.update(content);
    writeFileSync(path, content);
  } else {
    const file = openSync(path, 'w');
    for (const block of content) {
      hash.update(block);
      writeSync(file, block);
    }
    closeSync(file);
  }
  return `sha256=${hash.digest('base64url')},${statSync(path).size}`;
}

/**
 * Python that compiles: functions whose names and words depend on the seed.
 *
 * @param {string} seed
 * @param {number} bytes about so long; at least one function
 */
function sourceText(seed, bytes) {
  const numbers = createHash('sha512').update(seed).digest();
  let text = `"""Generated from ${seed}."""\n`;
  for (let index = 0; index === 0 || text.length < bytes; index += 1) {
    const [first, second, third] = [0, 1, 2].map(
      step => WORDS[(numbers[(index * 3 + step) % 64] ?? 0) % WORDS.length] ?? ''
    );
    text += `\n\ndef ${first}_${second}_${index}(${third}, other=${numbers[index % 64]}):\n`;
    text += `    """Return the ${first} of the ${second}, with the ${third} of another."""\n`;
    text += `    return [${third} + other for _ in range(${index})]\n`;
  }
  return text;
}

/**
 * @param {string} seed
 * @param {number} bytes
 * @param {'random' | 'code'} kind
 * @returns {Generator<Buffer>}
 */
function* libraryContent(seed, bytes, kind) {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const pattern = Buffer.from(WORDS.join(' ').repeat(64));
  for (let written = 0; written < bytes; written += BLOCK) {
    const block = cipher.update(Buffer.alloc(Math.min(BLOCK, bytes - written)));
    if (kind === 'code') {
      // Two thirds of each page are a text that repeats.
      for (let page = 0; page < block.length; page += 6144) {
        pattern.copy(block, page, 0, Math.min(4096, block.length - page));
      }
    }
    yield block;
  }
}
