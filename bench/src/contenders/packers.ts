/** Tools that build an archive from a virtual environment and upload nothing: pex and venv-pack. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { timed } from '../measuring/processes.js';

/** Distributions that executors have already. */
export const SPARK = ['pyspark', 'py4j'] as const;

/** A successful build. */
export interface Built {
  readonly ms: number;
  /** Size of the output. */
  readonly bytes: number;
}

/** A build to start. */
export interface Packing {
  /** Directory of the virtual environment that is packed. */
  readonly venv: string;
  /** Distributions that are left out. */
  readonly excluded?: readonly string[];
  /** Path of a file that gets what was built. Without it, what was built is removed. */
  readonly keep?: string;
}

/**
 * `pex --venv-repository`, without any cache: its cache folder is new.
 *
 * @param tool - virtual environment of pex
 */
export async function pex(
  bench: Bench,
  tool: string,
  { venv, excluded = [], layout }: Omit<Packing, 'keep'> & { layout: 'zipapp' | 'loose' }
): Promise<Built> {
  const root = join(bench.work, 'pex-root');
  const output = join(bench.work, 'out.pex');
  const args = [
    ...['--venv-repository', venv, '--inherit-path=fallback', '--layout', layout, '--output-file', output],
    ...excluded.flatMap(name => ['--exclude', name])
  ];
  const env = { ...bench.env, PEX_ROOT: root };
  return pack(join(tool, 'bin', 'pex'), args, { env, output, leftovers: [output, root] });
}

/**
 * `venv-pack` to a .tar.gz, its default.
 *
 * @param tool - virtual environment of venv-pack
 */
export async function venvPack(bench: Bench, tool: string, { venv, excluded = [], keep }: Packing): Promise<Built> {
  const output = keep ?? join(bench.work, 'out.tar.gz');
  const patterns = excluded.flatMap(name => ['--exclude', `lib/python*/site-packages/${name}*`]);
  const args = ['--prefix', venv, '--output', output, '--force', '--quiet', ...patterns];
  const leftovers = keep === undefined ? [output] : [];
  return pack(join(tool, 'bin', 'venv-pack'), args, { env: bench.env, output, leftovers });
}

/** Builds, and removes the leftovers. */
async function pack(
  program: string,
  args: readonly string[],
  { env, output, leftovers }: { env: NodeJS.ProcessEnv; output: string; leftovers: readonly string[] }
): Promise<Built> {
  try {
    const { ms } = await timed(program, args, { env });
    return { ms, bytes: sizeOf(output) };
  } finally {
    leftovers.forEach(path => rmSync(path, { recursive: true, force: true }));
  }
}

/** @returns bytes of the file, or of all files below the folder */
function sizeOf(path: string): number {
  const entry = statSync(path);
  return entry.isFile()
    ? entry.size
    : readdirSync(path, { recursive: true, withFileTypes: true })
        .filter(file => file.isFile())
        .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}
