import { constants } from 'node:fs';
import { access, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Probe } from '../../contract/targets.js';
import { ShipEnvError } from '../../errors.js';
import { openRegular } from '../../system/files/open.js';
import type { Payload, SpannedPayload } from '../../payloads/payload.js';
import { chunksOf } from '../../payloads/read.js';
import { spanned } from '../../payloads/spanned.js';
import { BaseTarget } from '../base-target.js';
import { assertObjectName, isHidden } from '../names.js';
import { notAFileError } from '../object-errors.js';
import type { Access, Arrival, ObjectFacts, TargetEntry, WriteOptions } from '../target.js';
import { directoryAccess } from './access.js';
import { directoryError } from './errors.js';
import { identityOf } from './identity.js';
import type { DirectoryLocation } from './location.js';
import { orMissing, statOf } from './stat.js';
import { missingDirectory, requireMakeable } from './missing.js';
import { makeSharedDirectory, publishFile, removeStaleTemporaries, writeTemporary } from './write.js';

/**
 * A local or shared directory. A directory that does not exist yet is an empty target; missing.ts says which ones a
 * ship makes.
 */
export class DirectoryTarget extends BaseTarget {
  readonly url: string;
  readonly access: Access;
  readonly #path: string;

  constructor(location: DirectoryLocation) {
    super();
    this.url = location.url;
    this.access = directoryAccess(location);
    this.#path = location.path;
  }

  async stat(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    assertObjectName(name);
    signal.throwIfAborted();
    return this.#attempt(`Looking for ${name} in`, async () => {
      const info = await this.#foundOrMakeable(statOf(join(this.#path, name)));
      if (info !== undefined && !info.isFile()) throw notAFileError(this.url, name);
      return info && { bytes: Number(info.size), identity: identityOf(info), modified: info.mtime };
    });
  }

  async write(payload: Payload | SpannedPayload, options: WriteOptions): Promise<Arrival | undefined> {
    const facts = await this.#write(spanned(payload), options);
    return facts && this.arrivalOf({ name: payload.name, ...facts });
  }

  /** @returns what was written; undefined when the name is taken */
  async #write(
    payload: SpannedPayload,
    { signal, onProgress }: WriteOptions
  ): Promise<Pick<Payload, 'bytes' | 'sha256'> | undefined> {
    assertObjectName(payload.name);
    signal.throwIfAborted();
    return this.#attempt(`Writing ${payload.name} to`, async () => {
      await requireMakeable(this.url, this.#path);
      await makeSharedDirectory(this.#path);
      if (await this.holds(payload, signal)) return undefined;
      const { path: temporary, facts } = await writeTemporary(this.#path, payload, signal, onProgress);
      try {
        await removeStaleTemporaries(this.#path, temporary);
        signal.throwIfAborted();
        if (await publishFile(temporary, join(this.#path, payload.name))) return facts;
      } finally {
        await orMissing(unlink(temporary));
      }
      if (await this.holds({ name: payload.name, promised: facts }, signal)) return undefined;
      throw new ShipEnvError('TARGET_FAILED', `${this.url}/${payload.name} disappeared while it was written.`, {
        hint: 'Someone is removing files from this directory. Ship again.'
      });
    });
  }

  async read(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined> {
    if ((await this.stat(name, signal)) === undefined) return undefined;
    const doing = `Reading ${name} from`;
    const file = await this.#attempt(doing, () => orMissing(openRegular(join(this.#path, name))), signal);
    return file && this.#chunks(file.createReadStream({ signal }), doing, signal);
  }

  async *#chunks(stream: Parameters<typeof chunksOf>[0], doing: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      yield* chunksOf(stream);
    } catch (error) {
      throw this.#told(error, doing, signal);
    }
  }

  async requireWritable(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#attempt('Checking write access to', () => requireMakeable(this.url, this.#path));
    for (let path = this.#path; ; path = dirname(path)) {
      const isThere = await this.#attempt('Checking write access to', async () => {
        // With the dot, the path must be a directory.
        return (await orMissing(access(`${path}/.`, constants.W_OK | constants.X_OK).then(() => true))) ?? false;
      });
      if (isThere || dirname(path) === path) return;
    }
  }

  async *list(signal: AbortSignal): AsyncIterable<TargetEntry> {
    const doing = 'Listing';
    const found = await this.#attempt(doing, () => this.#foundOrMakeable(orMissing(readdir(this.#path))));
    for (const name of (found ?? []).filter(each => !isHidden(each)).sort()) {
      signal.throwIfAborted();
      const info = await this.#attempt(doing, () => statOf(join(this.#path, name)));
      if (info === undefined) continue;
      const entry = { name, bytes: Number(info.size), modified: info.mtime };
      yield info.isFile() ? entry : { ...entry, isFile: false };
    }
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    assertObjectName(name);
    signal.throwIfAborted();
    await this.#attempt(`Deleting ${name} from`, () => orMissing(unlink(join(this.#path, name))));
  }

  override async check(signal: AbortSignal): Promise<Probe> {
    signal.throwIfAborted();
    const missing = await this.#attempt('Looking for', () => missingDirectory(this.#path));
    if (missing === undefined) return super.check(signal);
    await this.requireWritable(signal);
    return { url: this.url, parent: missing.parent };
  }

  /**
   * Returns what was found. @throws ShipEnvError TARGET_BUCKET_MISSING when nothing was found and the directory is
   * missing, and is not one that a ship makes
   */
  async #foundOrMakeable<T>(found: Promise<T | undefined>): Promise<T | undefined> {
    const there = await found;
    if (there === undefined) await requireMakeable(this.url, this.#path);
    return there;
  }

  async #attempt<T>(doing: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#told(error, doing, signal);
    }
  }

  /** Translates an error for the person. @throws the signal's reason when it is aborted */
  #told(error: unknown, doing: string, signal?: AbortSignal): unknown {
    // Node wraps the reason into its own error; the caller expects the reason itself.
    signal?.throwIfAborted();
    return directoryError(error, `${doing} ${this.url}`, this.#path);
  }
}
