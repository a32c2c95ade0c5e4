import { createHash } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Cache } from '../../../system/cache/cache.js';
import { hasCode } from '../../../errors.js';
import { FILE_KINDS, readPieces } from '../../../system/files/read.js';
import { environmentChanged } from '../../../environment/lazy.js';
import { Compilers } from './compilers.js';
import type { CompiledFacts, ModulesToCompile, PlannedSegment } from '../types.js';

/**
 * The compiled modules of distributions. The key of a segment covers them, so they are compiled when a distribution is
 * planned. They are stored in the local cache under their own sha256 until they are in a segment. Their digest is remembered
 * for longer, by the sources: with it, a segment that another environment made already can be named without compiling.
 */
export class CompiledModules {
  readonly #cache: Cache;
  readonly #signal: AbortSignal;
  #compilers: Compilers | undefined;

  private constructor(cache: Cache, signal: AbortSignal) {
    this.#cache = cache;
    this.#signal = signal;
  }

  /** Runs work that may compile modules. The processes for that start with the first modules and end with the work. */
  static async during<T>(
    cache: Cache,
    signal: AbortSignal,
    work: (compiled: CompiledModules) => Promise<T>
  ): Promise<T> {
    const compiled = new CompiledModules(cache, signal);
    try {
      return await work(compiled);
    } finally {
      await compiled.#compilers?.end();
    }
  }

  /**
   * Size and digest of the compiled modules of a distribution. The modules are compiled unless both are known.
   *
   * @throws ShipEnvError as `Compilers.compile` does, CACHE_UNUSABLE, DISK_FULL
   */
  async factsOf(modules: ModulesToCompile): Promise<CompiledFacts> {
    const name = nameOf(modules);
    const known = await this.#cache.hint('compilations', name);
    // The cache detects damage, and the name covers the version of the form.
    if (known !== undefined) return JSON.parse(known.toString('utf8')) as CompiledFacts;
    return this.#cache.withTemporary(async temporary => {
      const facts = await this.#compile(modules, temporary);
      await this.#cache.entry('compiled', facts.sha256, path => rename(temporary, path), this.#signal);
      await this.#cache.replace('compilations', name, JSON.stringify(facts));
      return facts;
    });
  }

  /**
   * Writes the compiled modules of a planned segment to a path, where no file may exist. They are compiled again when they
   * are no longer in the cache, or are damaged there.
   *
   * @throws ShipEnvError as `Compilers.compile` does; ARTIFACT_FILE_CHANGED when they differ from the plan
   */
  async place(modules: NonNullable<PlannedSegment['modules']>, path: string): Promise<void> {
    const { compiled } = modules;
    if (await this.#isLinked(compiled, path)) return;
    await rm(path, { force: true });
    const { sha256 } = await this.#compile(modules, path);
    if (sha256 !== compiled.sha256) throw environmentChanged();
  }

  /** Removes compiled modules that are in a segment now. Another build has its own link to the file, or compiles again. */
  async drop({ sha256 }: CompiledFacts): Promise<void> {
    await this.#cache.drop('compiled', sha256);
  }

  /** Makes our own link to the file, because another build may remove the file at any time. */
  async #isLinked({ sha256 }: CompiledFacts, path: string): Promise<boolean> {
    const cached = await this.#cache.find('compiled', sha256);
    if (cached === undefined) return false;
    try {
      await link(cached, path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    }
    const hash = createHash('sha256');
    await readPieces(path, FILE_KINDS.cacheFile, piece => hash.update(piece));
    return hash.digest('hex') === sha256;
  }

  #compile(modules: ModulesToCompile, path: string): Promise<CompiledFacts> {
    this.#compilers ??= new Compilers(availableParallelism(), this.#signal);
    return this.#compilers.compile(modules, path);
  }
}

/** A name for the input of a compilation: the same name means the same result. */
function nameOf({ identity, sources }: ModulesToCompile): string {
  return digestOf(JSON.stringify([identity, ...sources.map(({ name, sha256 }) => [name, sha256])]));
}

function digestOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
