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
 * planned, and lie in the local cache, under their own sha256, until they are in a segment there. What the same sources
 * gave before is remembered for longer: it names the segment that another environment has made already.
 */
export class CompiledModules {
  readonly #cache: Cache;
  readonly #signal: AbortSignal;
  #compilers: Compilers | undefined;

  private constructor(cache: Cache, signal: AbortSignal) {
    this.#cache = cache;
    this.#signal = signal;
  }

  /** Runs work that may need modules compiled; the processes for that begin with the first and end with the work. */
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
   * What the compiled modules of a distribution are; compiles them unless that is known.
   *
   * @throws ShipEnvError as `Compilers.compile` does, CACHE_UNUSABLE, DISK_FULL
   */
  async factsOf(modules: ModulesToCompile): Promise<CompiledFacts> {
    const name = nameOf(modules);
    const known = await this.#cache.hint('compilations', name);
    // The cache hands out only what was put there, and the name says of what form that is.
    if (known !== undefined) return JSON.parse(known.toString('utf8')) as CompiledFacts;
    return this.#cache.withTemporary(async temporary => {
      const facts = await this.#compile(modules, temporary);
      await this.#cache.entry('compiled', facts.sha256, path => rename(temporary, path), this.#signal);
      await this.#cache.replace('compilations', name, JSON.stringify(facts));
      return facts;
    });
  }

  /**
   * Puts the compiled modules of a planned segment at a path where nothing is, whole; compiles them again when they are
   * in the cache no more, or damaged there.
   *
   * @throws ShipEnvError as `Compilers.compile` does, ARTIFACT_FILE_CHANGED when they are not what was planned any more
   */
  async place(modules: NonNullable<PlannedSegment['modules']>, path: string): Promise<void> {
    const { compiled } = modules;
    if (await this.#isLinked(compiled, path)) return;
    await rm(path, { force: true });
    const { sha256 } = await this.#compile(modules, path);
    if (sha256 !== compiled.sha256) throw environmentChanged();
  }

  /** Removes what is in a segment now. Who else wants it has a link of its own, or compiles it again. */
  async drop({ sha256 }: CompiledFacts): Promise<void> {
    await this.#cache.drop('compiled', sha256);
  }

  /** A link of our own: another build may drop the file once it has it in a segment. */
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

/** Names what is compiled: the same name, the same result. */
function nameOf({ identity, sources }: ModulesToCompile): string {
  return digestOf(JSON.stringify([identity, ...sources.map(({ name, sha256 }) => [name, sha256])]));
}

function digestOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
