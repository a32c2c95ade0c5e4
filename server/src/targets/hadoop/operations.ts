import { randomUUID } from 'node:crypto';
import { handled } from '../../system/handled.js';
import type { HadoopClient } from './client.js';
import type { Answer } from './helper.js';
import { CLEAN_UP_MS } from './time-limits.js';

/** Executors run as other users, and YARN's public cache takes only what everybody may read. */
const FILE_MODE = '644';
/** Pieces on their way to the helper: one is on its way to the data nodes while the next ones are read. */
const MOST_APPENDS = 4;
const READ_BYTES = 2 * 1024 * 1024;

/** A file or folder. */
export interface Found {
  readonly isFile: boolean;
  readonly bytes: number;
  readonly modified: Date;
  /** What another content under this path does not have, as far as the file system tells. */
  readonly identity: string | undefined;
}

/** What was written or digested: its length and the CRC-32C of it all, as eight hexadecimal digits. */
export interface Digested {
  readonly bytes: number;
  readonly crc32c: string;
}

/** What a file system says about a file: `COMPOSITE-CRC32C` and hexadecimal digits, on HDFS. */
export interface Checksum {
  readonly algorithm: string;
  readonly digits: string;
}

/** The operations of Hadoop's file systems on URLs. Each throws as {@link HadoopClient.ask} does. */
export class HadoopOperations {
  readonly #client: HadoopClient;

  constructor(client: HadoopClient) {
    this.#client = client;
  }

  /** @returns undefined when there is nothing of this name */
  async stat(url: string, signal: AbortSignal): Promise<Found | undefined> {
    const { texts } = await this.#client.ask(['stat', url], signal);
    return texts.length === 0 ? undefined : foundIn(texts);
  }

  /** All that lies in a folder, by name; undefined when the folder does not exist. */
  async list(url: string, signal: AbortSignal): Promise<Map<string, Found> | undefined> {
    const { texts } = await this.#client.ask(['list', url], signal);
    if (texts[0] === 'missing' && texts.length === 1) return undefined;
    const entries = new Map<string, Found>();
    for (let at = 0; at < texts.length; at += 5) entries.set(texts[at] ?? '', foundIn(texts.slice(at + 1, at + 5)));
    return entries;
  }

  /** Makes a folder with its parents, readable for everybody; existing ones stay as they are. */
  async makeFolder(url: string, signal: AbortSignal): Promise<void> {
    await this.#client.ask(['makeFolder', url], signal);
  }

  /** Gives a file its name. @returns false when the name is taken; nothing is ever overwritten */
  async rename(from: string, to: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#client.ask(['rename', from, to], signal)).texts[0] === 'renamed';
  }

  /** Deletes a file. @returns false when it is a folder, which stays */
  async remove(url: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#client.ask(['remove', url], signal)).texts[0] !== 'folder';
  }

  /** The checksum of a file that the file system keeps; undefined when it keeps none. */
  async checksum(url: string, signal: AbortSignal): Promise<Checksum | undefined> {
    const [algorithm, digits] = (await this.#client.ask(['checksum', url], signal)).texts;
    return algorithm === undefined || digits === undefined ? undefined : { algorithm, digits };
  }

  /**
   * Throws when files may not be made in a folder.
   *
   * @returns the nearest folder above it that exists, when the folder itself does not
   */
  async requireWritable(url: string, signal: AbortSignal): Promise<string | undefined> {
    return (await this.#client.ask(['requireWritable', url], signal)).texts[1];
  }

  /**
   * Writes a new file; nothing is left of it when this fails.
   *
   * @param onProgress - called with the number of bytes that the helper has taken
   */
  async write(
    url: string,
    pieces: AsyncIterable<Buffer>,
    signal: AbortSignal,
    onProgress?: (bytes: number) => void
  ): Promise<Digested> {
    const id = randomUUID();
    return this.#orAbandon(id, async () => {
      await this.#client.ask(['create', id, url, FILE_MODE], signal);
      return this.#append(id, pieces, signal, onProgress);
    });
  }

  /** Computes the CRC-32C of bytes, as a written file would have it. */
  async digest(pieces: AsyncIterable<Buffer>, signal: AbortSignal): Promise<Digested> {
    const id = randomUUID();
    return this.#orAbandon(id, async () => {
      await this.#client.ask(['digest', id], signal);
      return this.#append(id, pieces, signal);
    });
  }

  /** The bytes of a file, with the next piece on its way. */
  async *read(url: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const id = randomUUID();
    const next = (): Promise<Answer> => handled(this.#client.ask(['read', id, String(READ_BYTES)], signal));
    let isFinished = false;
    try {
      await this.#client.ask(['open', id, url], signal);
      let coming = next();
      for (;;) {
        const { bytes } = await coming;
        if (bytes.length === READ_BYTES) coming = next();
        if (bytes.length > 0) yield bytes;
        if (bytes.length < READ_BYTES) break;
      }
      await this.#client.ask(['finish', id, FILE_MODE], signal);
      isFinished = true;
    } finally {
      if (!isFinished) await this.#abandon(id);
    }
  }

  async #append(
    id: string,
    pieces: AsyncIterable<Buffer>,
    signal: AbortSignal,
    onProgress?: (bytes: number) => void
  ): Promise<Digested> {
    const appends: Promise<void>[] = [];
    let taken = 0;
    for await (const piece of pieces) {
      const { length } = piece;
      const append = this.#client.ask(['append', id], signal, piece).then(() => {
        taken += length;
        onProgress?.(taken);
      });
      appends.push(handled(append));
      if (appends.length >= MOST_APPENDS) await appends.shift();
    }
    for (const append of appends) await append;
    const [bytes, crc32c] = (await this.#client.ask(['finish', id, FILE_MODE], signal)).texts;
    return { bytes: Number(bytes), crc32c: crc32c ?? '' };
  }

  async #orAbandon<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#abandon(id);
      throw error;
    }
  }

  /** Ends the work on a file, and removes what was written. The first error matters more than one of this. */
  async #abandon(id: string): Promise<void> {
    await this.#client.ask(['abandon', id], AbortSignal.timeout(CLEAN_UP_MS)).catch(() => undefined);
  }
}

function foundIn([kind, bytes, modified, identity]: readonly string[]): Found {
  return {
    isFile: kind === 'file',
    bytes: Number(bytes),
    modified: new Date(Number(modified)),
    identity: identity === '' || identity === undefined ? undefined : [identity, bytes, modified].join(' ')
  };
}
