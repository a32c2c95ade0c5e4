import type { Probe } from '../../contract/targets.js';
import { ShipEnvError } from '../../errors.js';
import type { Payload, PayloadFacts, SpannedPayload } from '../../payloads/payload.js';
import { spanned } from '../../payloads/spanned.js';
import { BaseTarget } from '../base-target.js';
import { assertObjectName, isHidden } from '../names.js';
import { differenceError, missingError, notAFileError } from '../object-errors.js';
import { verifyByReading } from '../reading.js';
import type { Access, Arrival, ObjectFacts, TargetEntry, WriteOptions } from '../target.js';
import { temporaryName } from '../temporaries.js';
import { encodedPath } from '../url.js';
import { hasChecksum } from './checksum.js';
import type { HadoopClient } from './client.js';
import { hadoopError, isLoginFailure } from './failures.js';
import type { HadoopLocation } from './location.js';
import { HadoopOperations, type Found } from './operations.js';
import { CLEAN_UP_MS } from './time-limits.js';
import { digestPayload, removeStaleTemporaries, writePayload, type Written } from './write.js';

/**
 * A folder of HDFS, or of another file system that the person's Hadoop client reads. A missing folder is an empty target,
 * and a ship makes it.
 */
export class HadoopTarget extends BaseTarget {
  readonly url: string;
  readonly access: Access;
  readonly #client: HadoopClient;
  readonly #files: HadoopOperations;

  constructor({ url }: HadoopLocation, client: HadoopClient) {
    super();
    this.url = url;
    this.#client = client;
    this.#files = new HadoopOperations(client);
    this.access = {
      uri: name => this.#urlOf(name),
      executablePath: name => {
        assertObjectName(name);
        return Promise.resolve(undefined);
      },
      sparkProperties: () => ({})
    };
  }

  async stat(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    const url = this.#urlOf(name);
    const found = await this.#attempt(`Looking for ${name} in`, signal, () => this.#files.stat(url, signal));
    if (found !== undefined && !found.isFile) throw notAFileError(this.url, name);
    return found && { bytes: found.bytes, identity: found.identity, modified: found.modified };
  }

  async write(payload: Payload | SpannedPayload, options: WriteOptions): Promise<Arrival | undefined> {
    const { signal } = options;
    const url = this.#urlOf(payload.name);
    const written = await this.#attempt(`Writing ${payload.name} to`, signal, () =>
      this.#write(spanned(payload), url, options)
    );
    if (written === undefined) return undefined;
    const facts = { name: payload.name, bytes: written.bytes, sha256: written.sha256 };
    return {
      ...this.arrivalOf(facts),
      verify: again => this.#verify(facts, () => Promise.resolve(written.crc32c), again)
    };
  }

  /** @returns what was written; undefined when the name is taken */
  async #write(
    payload: SpannedPayload,
    url: string,
    { signal, onProgress }: WriteOptions
  ): Promise<Written | undefined> {
    if (await this.holds(payload, signal)) return undefined;
    await this.#files.makeFolder(this.url, signal);
    const name = temporaryName(payload.name);
    const temporary = this.#urlOf(name);
    const written = await writePayload(this.#files, temporary, payload, signal, onProgress);
    let isPublished = false;
    try {
      await removeStaleTemporaries(this.#files, this.url, name, signal);
      isPublished = await this.#files.rename(temporary, url, signal);
    } finally {
      if (!isPublished) await this.#files.remove(temporary, AbortSignal.timeout(CLEAN_UP_MS));
    }
    if (isPublished) return written;
    if (await this.holds({ name: payload.name, promised: written }, signal)) return undefined;
    throw new ShipEnvError('TARGET_FAILED', `${url} disappeared while it was written.`, {
      hint: 'Someone is removing files from this folder. Ship again.'
    });
  }

  async read(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined> {
    return (await this.stat(name, signal)) && this.#chunks(name, signal);
  }

  async *#chunks(name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      yield* this.#files.read(this.#urlOf(name), signal);
    } catch (error) {
      throw this.#told(error, `Reading ${name} from`, signal);
    }
  }

  override async verify(payload: Payload, signal: AbortSignal): Promise<string | undefined> {
    return this.#verify(
      payload,
      async () => (await digestPayload(this.#files, spanned(payload), signal)).crc32c,
      signal
    );
  }

  /** @param crc32c - computes the checksum of what was sent */
  async #verify(wanted: PayloadFacts, crc32c: () => Promise<string>, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.stat(wanted.name, signal);
    if (found === undefined) throw missingError(this.url, wanted);
    if (found.bytes !== wanted.bytes) throw differenceError(this.url, wanted, `${found.bytes} bytes`);
    const isSame = await this.#attempt(`Verifying ${wanted.name} in`, signal, async () =>
      hasChecksum(this.#files, this.#urlOf(wanted.name), wanted, await crc32c(), signal)
    );
    if (!isSame) return verifyByReading(this, wanted, signal);
    const after = await this.stat(wanted.name, signal);
    return after?.identity === found.identity ? found.identity : undefined;
  }

  async requireWritable(signal: AbortSignal): Promise<void> {
    await this.#attempt('Looking for', signal, () => this.#files.requireWritable(this.url, signal));
  }

  override async check(signal: AbortSignal): Promise<Probe> {
    const parent = await this.#attempt('Looking for', signal, () => this.#files.requireWritable(this.url, signal));
    return parent === undefined ? super.check(signal) : { url: this.url, parent };
  }

  async *list(signal: AbortSignal): AsyncIterable<TargetEntry> {
    const entries = await this.#attempt('Listing', signal, () => this.#files.list(this.url, signal));
    const shown = [...(entries ?? new Map<string, Found>())].filter(([name]) => !isHidden(name));
    for (const [name, { bytes, modified, isFile }] of shown.sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield { name, bytes, modified, ...(isFile ? {} : { isFile }) };
    }
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    const url = this.#urlOf(name);
    const isGone = await this.#attempt(`Deleting ${name} from`, signal, () => this.#files.remove(url, signal));
    if (!isGone) throw notAFileError(this.url, name);
  }

  override close(): void {
    this.#client.close();
  }

  #urlOf(name: string): string {
    assertObjectName(name);
    return `${this.url}/${encodedPath([name])}`;
  }

  async #attempt<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw this.#told(error, doing, signal);
    }
  }

  /** Translates an error for the person. @throws the signal's reason when it is aborted */
  #told(error: unknown, doing: string, signal: AbortSignal): unknown {
    signal.throwIfAborted();
    const told = hadoopError(error, `${doing} ${this.url}`);
    if (isLoginFailure(told)) this.#client.forget();
    return told;
  }
}
