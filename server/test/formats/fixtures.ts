import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import { Cache } from '../../src/system/cache/cache.js';
import type { Distribution, Interpreter, Snapshot } from '../../src/contract/snapshot.js';
import { takeSnapshot } from '../../src/environment/index.js';
import type { ContentOptions } from '../../src/content/content.js';
import { planContent } from '../../src/content/plan.js';
import type { ArtifactPlan, BuildOptions, BuiltArtifact } from '../../src/formats/format.js';
import { planPex } from '../../src/formats/pex/plan.js';
import { loadSeed } from '../../src/formats/pex/seed.js';
import type { Seed } from '../../src/formats/pex/seed-types.js';

/** Options of a test about a plan; others have their defaults. */
export type PlanOptions = ContentOptions & { readonly seed: Seed };

/** Builds an artifact to its end. */
export function buildArtifact(plan: ArtifactPlan, options: BuildOptions): Promise<BuiltArtifact> {
  return plan.build(options).complete();
}

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

/** A folder for a test file, with a cache, a seed from the real pex tool, and the files of its tests. */
export class Workshop {
  readonly folder: string;
  readonly cache: Cache;
  readonly seed: Seed;

  private constructor(folder: string, cache: Cache, seed: Seed) {
    this.folder = folder;
    this.cache = cache;
    this.seed = seed;
  }

  static async open(): Promise<Workshop> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'ship-env-artifact-')));
    const seedPath = join(folder, 'seed.pex');
    await execa('node', [
      fileURLToPath(new URL('../../../scripts/build/seed.mjs', import.meta.url)),
      '--out',
      seedPath
    ]);
    return new Workshop(folder, await Cache.open(join(folder, 'cache')), await loadSeed({ seedPath }));
  }

  async remove(): Promise<void> {
    // The first start of an artifact continues in the background for a moment.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** A cache below the folder, apart from the workshop's own; calls with one name share it. */
  emptyCache(name: string): Promise<Cache> {
    return Cache.open(this.path(name));
  }

  /** A wheel with one of everything; see make_wheel.py. */
  async wheel(): Promise<string> {
    const directory = this.path('wheels');
    await mkdir(directory, { recursive: true });
    const script = fileURLToPath(new URL('./make_wheel.py', import.meta.url));
    return (await execa('python', [script, directory])).stdout;
  }

  /** A venv with these requirements, filled by pip or by uv; returns its python. */
  async venv(name: string, installer: 'pip' | 'uv', requirements: readonly string[]): Promise<string> {
    const python = this.path(name, 'bin', 'python');
    // Copies: by default uv hard-links into its cache, and a test that edits a file would edit the person's cache. A
    // pip outside of the venv, so that the venv has the same content with both tools.
    await execa('uv', ['--quiet', 'venv', '--python', await basePython(), this.path(name)]);
    await (installer === 'uv'
      ? execa('uv', [
          '--quiet',
          'pip',
          'install',
          '--link-mode',
          'copy',
          '--python',
          python,
          '--no-deps',
          ...requirements
        ])
      : execa('python', ['-m', 'pip', '--quiet', '--python', python, 'install', '--no-deps', ...requirements]));
    return python;
  }

  async plan(snapshot: Snapshot, options: Partial<PlanOptions> = {}): Promise<ArtifactPlan> {
    const content = await planContent(snapshot, {
      ...{ excludes: [], includeSpark: false, cache: this.cache, signal: NEVER },
      ...options
    });
    return planPex(content, options.seed ?? this.seed);
  }

  /** Builds the artifact of a venv into a file of that name. */
  async build(python: string, name: string, options: Partial<PlanOptions> = {}): Promise<Made> {
    const snapshot = await takeSnapshot({ python, cache: this.cache, signal: NEVER });
    return this.assemble(snapshot, name, options);
  }

  async assemble(snapshot: Snapshot, name: string, options: Partial<PlanOptions> = {}): Promise<Made> {
    const plan = await this.plan(snapshot, options);
    const built = await buildArtifact(plan, { cache: this.cache, signal: NEVER });
    const path = this.path(name);
    await pipeline(built.payload.open(), createWriteStream(path, { flags: 'wx', mode: 0o755 }));
    return { path, plan, built, snapshot };
  }

  /** Environment variables of a run on a node: a separate parent for PEX_ROOT, and no other variable that PEX reads. */
  nodeEnvironment(nodeRoot: string): Record<string, string> {
    return { PATH: process.env['PATH'] ?? '', HOME: this.folder, SHIP_ENV_NODE_ROOT: this.path(nodeRoot) };
  }
}

export interface Made {
  readonly path: string;
  readonly plan: ArtifactPlan;
  readonly built: BuiltArtifact;
  readonly snapshot: Snapshot;
}

/** The base python of the tests' own python. */
export async function basePython(): Promise<string> {
  const code =
    'import os, sys; print(os.path.join(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}"))';
  return (await execa('python', ['-c', code])).stdout;
}

export const INTERPRETER: Interpreter = {
  // A real python, since it compiles the modules of handmade distributions.
  executable: execaSync('python', ['-c', 'import sys; print(sys.executable)']).stdout,
  implementation: 'cpython',
  version: '3.11.7',
  minor: '3.11',
  pythonTag: 'cp311',
  abiTag: 'cp311',
  platformTag: 'linux_x86_64',
  prefix: '/venv',
  basePrefix: '/usr',
  siteDirectories: [{ path: '/venv/lib/python3.11/site-packages', layer: 'environment' }]
};

/** A handmade distribution: files by name, written below a site directory. */
export async function handMade(
  site: string,
  name: string,
  files: Readonly<Record<string, Buffer | string>>
): Promise<Distribution> {
  const metadataName = `${name}-1.0.dist-info`;
  const all: Record<string, Buffer | string> = {
    ...files,
    [`${metadataName}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${metadataName}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'
  };
  for (const directory of new Set(Object.keys(all).map(path => dirname(join(site, path))))) {
    await mkdir(directory, { recursive: true });
  }
  const rows: Distribution['files'] = [];
  for (const [path, content] of Object.entries(all)) {
    await writeFile(join(site, path), content);
    const data = Buffer.from(content);
    const sha256 = createHash('sha256').update(data).digest('hex');
    rows.push({ path, size: data.length, sha256, executable: false });
  }
  return {
    name,
    normalizedName: name,
    version: '1.0',
    metadataKind: 'dist-info',
    location: site,
    metadataName,
    layer: 'environment',
    tags: ['py3-none-any'],
    suspects: [],
    rootIsPurelib: true,
    requires: [],
    files: rows
  };
}

/** A distribution with a file that takes a while: `bytes` of noise, written without holding them. */
export async function large(site: string, name: string, bytes: number): Promise<Distribution> {
  const distribution = await handMade(site, name, { [`${name}.bin`]: '' });
  const hash = createHash('sha256');
  const handle = await open(`${site}/${name}.bin`, 'w');
  try {
    // Half of each megabyte is noise, so that deflate has work and its result has weight.
    for (let at = 0; at < bytes; at += 1 << 20) {
      const piece = Buffer.concat([randomBytes(1 << 19), Buffer.alloc(1 << 19, `line ${at}\n`)]);
      hash.update(piece);
      await handle.write(piece);
    }
  } finally {
    await handle.close();
  }
  const files = distribution.files.map(file =>
    file.path === `${name}.bin` ? { ...file, size: bytes, sha256: hash.digest('hex') } : file
  );
  return { ...distribution, files };
}

export function snapshotOf(distributions: Distribution[], interpreter = INTERPRETER): Snapshot {
  return { interpreter, distributions, editables: [], findings: [] };
}
