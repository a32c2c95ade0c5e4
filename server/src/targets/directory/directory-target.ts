import { constants } from 'node:fs';
import { access, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Probe } from '../../contract/targets.js';
import { ShipEnvError, hasCode } from '../../errors.js';
import { openRegular } from '../../files/open.js';
import { FILE_KINDS, readBounded } from '../../files/read.js';
import { directoryError } from './errors.js';
import { identityOf } from './identity.js';
import type { DirectoryLocation } from './location.js';
import { lookAt, orMissing } from './look.js';
import { missingDirectory, requireMakeable } from './missing.js';
import { makeSharedDirectory, publishFile, removeStaleTemporaries, writeTemporary } from './write.js';
import { assertObjectName, isHidden } from '../names.js';
import { MAX_READ_BYTES, conflict, differs, missing, notAFile, tooLarge } from '../object-errors.js';
import { digestOf } from '../../payloads/read.js';
import { probe } from '../probe.js';
import { spanned } from '../../payloads/spanned.js';
import type {
  Arrival,
  ObjectFacts,
  Payload,
  ReadFacts,
  SpannedPayload,
  Target,
  TargetEntry,
  TransferOptions
} from '../target.js';
import { encodedPath } from '../url.js';

/** So long after it was written a file has an identity, where the file system's clock is fine enough. */
const SETTLING_MS = 60;
/** To read so much takes about as long. */
const WORTH_WAITING_BYTES = 16 * 1024 * 1024;

/** A local or shared directory. Until it is made, it is an empty target; missing.ts says which ones a ship makes. */
export class DirectoryTarget implements Target {
  readonly url: string;
  readonly canCopy = false;
  readonly #path: string;

  constructor(location: DirectoryLocation) {
    this.url = location.url;
    this.#path = location.path;
  }

  uri(name: string): string {
    assertObjectName(name);
    return `${this.url}/${encodedPath([name])}`;
  }

  async executablePath(name: string): Promise<string | undefined> {
    assertObjectName(name);
    const path = join(this.#path, name);
    try {
      // access(2) refuses X_OK on a file system that is mounted noexec, too.
      await access(path, constants.X_OK);
    } catch (error) {
      if (hasCode(error, 'EACCES')) return undefined;
      if (!hasCode(error, 'ENOENT')) throw directoryError(error, `Looking for ${name} in ${this.url}`, this.#path);
    }
    return path;
  }

  sparkProperties(): Record<string, string> {
    return {};
  }

  async head(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    assertObjectName(name);
    signal.throwIfAborted();
    return this.#attempt(`Looking for ${name} in`, async () => {
      const info = await this.#foundOrMakeable(lookAt(join(this.#path, name)));
      if (info !== undefined && !info.isFile()) throw notAFile(this.url, name);
      return info && { bytes: Number(info.size), identity: identityOf(info), modified: info.mtime };
    });
  }

  async put(payload: Payload, options: TransferOptions): Promise<'created' | 'exists'> {
    return (await this.#write(spanned(payload), options)) === undefined ? 'exists' : 'created';
  }

  async assemble(artifact: SpannedPayload, options: TransferOptions): Promise<Arrival | undefined> {
    const facts = await this.#write(artifact, options);
    return (
      facts && {
        ...facts,
        sentBytes: facts.bytes,
        copiedBytes: 0,
        verify: signal => this.#verify({ name: artifact.name, ...facts }, signal)
      }
    );
  }

  async estimate(artifact: SpannedPayload): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>> {
    let sentBytes = 0;
    for await (const { bytes } of artifact.spans()) sentBytes += bytes;
    return { sentBytes, copiedBytes: 0 };
  }

  /** @returns what was written, undefined when the name is taken */
  async #write(
    payload: SpannedPayload,
    { signal, onProgress }: TransferOptions
  ): Promise<Pick<Payload, 'bytes' | 'sha256'> | undefined> {
    assertObjectName(payload.name);
    signal.throwIfAborted();
    return this.#attempt(`Writing ${payload.name} to`, async () => {
      await requireMakeable(this.url, this.#path);
      await makeSharedDirectory(this.#path);
      if (await this.#holds(payload, signal)) return undefined;
      const { path: temporary, facts } = await writeTemporary(this.#path, payload, signal, onProgress);
      try {
        await removeStaleTemporaries(this.#path, temporary);
        signal.throwIfAborted();
        if (await publishFile(temporary, join(this.#path, payload.name))) return facts;
      } finally {
        await orMissing(unlink(temporary));
      }
      if (await this.#holds({ name: payload.name, promised: facts }, signal)) return undefined;
      throw new ShipEnvError('TARGET_FAILED', `${this.url}/${payload.name} was there and then was not.`, {
        hint: 'Someone removes files from this directory just now. Ship again.'
      });
    });
  }

  async read(name: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const found = await this.head(name, signal);
    if (found === undefined) return undefined;
    if (found.bytes > MAX_READ_BYTES) throw tooLarge(this.url, name, found.bytes);
    return this.#attempt(
      `Reading ${name} from`,
      () => orMissing(readBounded(join(this.#path, name), FILE_KINDS.targetNote)),
      signal
    );
  }

  async verify(payload: Payload, signal: AbortSignal): Promise<string | undefined> {
    return this.#verify(payload, signal);
  }

  async #verify(payload: Pick<Payload, 'name' | 'bytes' | 'sha256'>, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.head(payload.name, signal);
    if (found === undefined) throw missing(this.url, payload);
    if (found.bytes !== payload.bytes) throw differs(this.url, payload, `${found.bytes} bytes`);
    const read = await this.digest(payload.name, { signal });
    if (read === undefined) throw missing(this.url, payload);
    if (read.sha256 !== payload.sha256) throw differs(this.url, payload, `sha256 ${read.sha256}`);
    return read.identity;
  }

  async digest(
    name: string,
    { signal, onProgress }: Pick<TransferOptions, 'signal' | 'onProgress'>
  ): Promise<ReadFacts | undefined> {
    const before = await this.#settled(name, signal);
    if (before === undefined) return undefined;
    const read = async (): Promise<Pick<Payload, 'bytes' | 'sha256'> | undefined> => {
      const file = await orMissing(openRegular(join(this.#path, name)));
      return file && digestOf(file.createReadStream({ signal }), signal, onProgress);
    };
    const facts = await this.#attempt(`Reading ${name} from`, read, signal);
    const after = await this.head(name, signal);
    if (facts === undefined || after === undefined) return undefined;
    return { ...facts, identity: after.identity === before.identity ? before.identity : undefined };
  }

  /** What was just written has no identity for a moment: it is waited for where that is short beside the reading. */
  async #settled(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    const found = await this.head(name, signal);
    if (found === undefined || found.identity !== undefined || found.bytes < WORTH_WAITING_BYTES) return found;
    await setTimeout(SETTLING_MS, undefined, { signal });
    return this.head(name, signal);
  }

  async requireWritable(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#attempt('Looking whether one can write to', () => requireMakeable(this.url, this.#path));
    for (let path = this.#path; ; path = dirname(path)) {
      const isThere = await this.#attempt('Looking whether one can write to', async () => {
        // With the dot it must be a directory.
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
      const info = await this.#attempt(doing, () => lookAt(join(this.#path, name)));
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

  async check(signal: AbortSignal): Promise<Probe> {
    signal.throwIfAborted();
    const missing = await this.#attempt('Looking for', () => missingDirectory(this.#path));
    if (missing !== undefined) {
      await this.requireWritable(signal);
      return { url: this.url, parent: missing.parent };
    }
    return probe(
      {
        url: this.url,
        write: payload => this.put(payload, { signal }),
        read: (name, until) => this.read(name, until),
        remove: (name, until) => this.remove(name, until)
      },
      signal
    );
  }

  remarks(): [] {
    return [];
  }

  close(): void {
    // A directory holds no connection.
  }

  /** Is there an object of this name and size? @throws ShipEnvError TARGET_CONFLICT when the size differs */
  async #holds({ name, promised }: Pick<SpannedPayload, 'name' | 'promised'>, signal: AbortSignal): Promise<boolean> {
    const found = await this.head(name, signal);
    if (found !== undefined && promised !== undefined && found.bytes !== promised.bytes)
      throw conflict(this.url, { name, bytes: promised.bytes, sha256: promised.sha256 }, `${found.bytes} bytes`);
    return found !== undefined;
  }

  /** What was found. @throws ShipEnvError TARGET_BUCKET_MISSING when nothing was, in a directory that no ship makes */
  async #foundOrMakeable<T>(found: Promise<T | undefined>): Promise<T | undefined> {
    const there = await found;
    if (there === undefined) await requireMakeable(this.url, this.#path);
    return there;
  }

  async #attempt<T>(doing: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Node wraps the reason into an error of its own; the caller's is the one to pass on.
      signal?.throwIfAborted();
      throw directoryError(error, `${doing} ${this.url}`, this.#path);
    }
  }
}
