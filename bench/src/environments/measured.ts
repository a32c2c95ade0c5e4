/** The environments that are shipped. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pythonOf, sitePackages } from '../../../scripts/lib/paths.mjs';
import { EDITABLE } from './editable.js';
import { generateEnvironment } from './generate.js';
import { TINY } from './tiny-package.js';
import { compileModules, lockedVenv, uninstall } from './venvs.js';

/** An environment that every contender ships. Its directories hold the same distributions. */
export interface MeasuredEnvironment {
  readonly name: string;
  /** The environment that ship-env ships. */
  readonly venv: string;
  /** The python in `venv`. */
  readonly python: string;
  readonly hasSpark: boolean;
  /** Modules that a first program on a node imports. */
  readonly imports: readonly string[];
  /**
   * The environment that pex and venv-pack pack. It is a copy, since pex makes hard links to the files that it packs,
   * and that changes the ctime of each file, as if somebody had edited it.
   */
  readonly packedVenv: string;
  /** The environment that cluster-pack ships: the one in which it is installed. Undefined when it is not compared. */
  readonly clusterPackVenv?: string;
}

const IMPORTS = { small: ['pydantic', 'requests'], medium: ['numpy', 'pandas'] };

/** @returns the small environment, then the medium one */
export async function realEnvironments(): Promise<MeasuredEnvironment[]> {
  const environments: MeasuredEnvironment[] = [];
  for (const name of ['small', 'medium'] as const) {
    const imports = IMPORTS[name];
    const venv = await lockedVenv(name, [`bench/${name}`]);
    const packedVenv = await lockedVenv(`${name}-packed`, [`bench/${name}`]);
    const clusterPackVenv = await lockedVenv(`${name}-cluster-pack`, [`bench/${name}`, 'bench/cluster-pack']);
    for (const path of [venv, packedVenv, clusterPackVenv]) {
      await uninstall(path, TINY, EDITABLE);
      await compileModules(path);
    }
    const hasSpark = existsSync(join(sitePackages(venv), 'pyspark'));
    environments.push({ name, venv, python: pythonOf(venv), hasSpark, imports, packedVenv, clusterPackVenv });
  }
  return environments;
}

/**
 * An environment for the smoke run, made in seconds. It is large enough for an upload in several parts, so that a delta
 * upload is useful.
 *
 * @param folder - folder that gets the environment
 */
export async function generatedEnvironment(folder: string): Promise<MeasuredEnvironment> {
  const venv = join(folder, 'generated');
  const python = await generateEnvironment(venv, { distributions: 4, files: 200, bytes: 60e6 });
  return { name: 'generated', venv, python, hasSpark: false, imports: ['bench_0000'], packedVenv: venv };
}
