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
  /** What ship-env ships. */
  readonly venv: string;
  /** The interpreter in `venv`. */
  readonly python: string;
  readonly hasSpark: boolean;
  /** Modules that a first program on a node imports. */
  readonly imports: readonly string[];
  /**
   * What pex and venv-pack pack. They have a copy, since pex makes hard links to the files that it packs. That changes the
   * ctime of each file, as if somebody had edited it.
   */
  readonly packedVenv: string;
  /** What cluster-pack ships: it packs the environment in which it is installed. Undefined where it is not compared. */
  readonly clusterPackVenv?: string;
}

const IMPORTS = { small: ['pydantic', 'requests'], medium: ['numpy', 'pandas'] };

/** @returns the small one, then the medium one */
export async function realEnvironments(): Promise<MeasuredEnvironment[]> {
  const environments: MeasuredEnvironment[] = [];
  for (const name of ['small', 'medium'] as const) {
    const imports = IMPORTS[name];
    const venv = await lockedVenv(name, [`bench-${name}`]);
    const packedVenv = await lockedVenv(`${name}-packed`, [`bench-${name}`]);
    const clusterPackVenv = await lockedVenv(`${name}-cluster-pack`, [`bench-${name}`, 'bench-cluster-pack']);
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
 * An environment that is made in seconds, for the smoke run. It has a size at which a delta upload pays: several parts.
 *
 * @param folder - that gets its directory
 */
export async function generatedEnvironment(folder: string): Promise<MeasuredEnvironment> {
  const venv = join(folder, 'generated');
  const python = await generateEnvironment(venv, { distributions: 4, files: 200, bytes: 60e6 });
  return { name: 'generated', venv, python, hasSpark: false, imports: ['bench_0000'], packedVenv: venv };
}
