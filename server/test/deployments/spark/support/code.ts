import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CodeArchive, Manifest } from '../../../../src/contract/manifest.js';
import { PROJECT } from './spark.js';

/** A folder with the members of a target that the configuration uses. */
export function folderTarget(folder: string): {
  uri: (name: string) => string;
  sparkProperties: () => Record<string, string>;
} {
  return { uri: name => pathToFileURL(join(folder, name)).href, sparkProperties: () => ({}) };
}

/** Puts an archive of these files, named by its content, into the folder. */
export async function shipCode(folder: string, modules: string[], files: Record<string, string>): Promise<CodeArchive> {
  const name = modules[0] ?? 'code';
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const fileName = `${name}-${hash}.zip`;
  const tree = join(folder, `.${hash}`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  // The archive is named by its content, and a zip holds the time of each file and folder.
  const written = (await readdir(tree, { recursive: true })).map(path => join(tree, path));
  await Promise.all(written.map(path => utimes(path, 1_000_000_000, 1_000_000_000)));
  // Python's own zip tool writes an entry for each folder, without which Python finds no namespace package in a zip.
  const top = [...new Set(Object.keys(files).map(path => path.split('/')[0] ?? path))];
  await execa(join(PROJECT, '.venv', 'bin', 'python'), ['-m', 'zipfile', '-c', `${tree}.zip`, ...top], { cwd: tree });
  await copyFile(`${tree}.zip`, join(folder, fileName));
  await rm(tree, { recursive: true });
  await rm(`${tree}.zip`);
  const content = await readFile(join(folder, fileName));
  return { name, fileName, modules, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** A manifest with this id and these distributions. */
export function manifestOf(
  id: string,
  distributions: Record<string, string> = { numpy: '2.1.0', pyarrow: '18.0.0' }
): Manifest {
  const segments = Object.entries(distributions).map(([name, version], index) => ({
    wheel: `${name}-${version}-py3-none-any.whl`,
    name,
    version,
    key: `key-of-${name}`,
    offset: index * 100,
    length: 100,
    sha256: '0'.repeat(64)
  }));
  return {
    schema: 1,
    id,
    format: 'pex',
    artifact: { name: `${id}.pex`, bytes: 1000, sha256: '0'.repeat(64) },
    python: {
      implementation: 'cpython',
      minor: '3.11',
      pythonTag: 'cp311',
      abiTag: 'cp311',
      platformTag: 'linux_x86_64'
    },
    head: { length: 0, sha256: '0'.repeat(64) },
    entries: 0,
    segments
  };
}
