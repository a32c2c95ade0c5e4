import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ShipEnvError } from '../src/errors.js';
import type { Payload, SpannedPayload } from '../src/payloads/payload.js';
import { piecesOf } from '../src/payloads/pieces.js';
import { assertDigest } from '../src/payloads/read.js';
import { SpanReader } from '../src/payloads/span-reader.js';
import { spanned } from '../src/payloads/spanned.js';
import { BaseTarget } from '../src/targets/base-target.js';
import { assertObjectName, isHidden } from '../src/targets/names.js';
import type { Access, Arrival, ObjectFacts, TargetEntry, WriteOptions } from '../src/targets/target.js';
import { temporaryName } from '../src/targets/temporaries.js';

type Status = Record<'pathSuffix' | 'type', string> & Record<'length' | 'modificationTime' | 'fileId', number>;
type Answer = { FileStatus?: Status; FileStatuses?: { FileStatus: Status[] }; boolean?: boolean; Location?: string };

/** A folder of HDFS over its HTTP interface, without Java. */
export class WebHdfsTarget extends BaseTarget {
  readonly url: string;
  readonly access: Access;
  readonly #askAt: (name: string) => URL;

  constructor(host: string, folder: string, user: string) {
    super();
    this.url = `webhdfs://${host}${folder}`;
    this.#askAt = name => new URL(`http://${host}/webhdfs/v1${folder}/${encodeURIComponent(name)}?user.name=${user}`);
    const uri = (name: string): string => (assertObjectName(name), `${this.url}/${encodeURIComponent(name)}`);
    this.access = { uri, executablePath: () => Promise.resolve(undefined), sparkProperties: () => ({}) };
  }

  async stat(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    const found = (await this.#ask('GET', name, { op: 'GETFILESTATUS' }, signal))?.FileStatus;
    if (found === undefined) return undefined;
    const identity = [found.fileId, found.length, found.modificationTime].join(' ');
    return { bytes: found.length, identity, modified: new Date(found.modificationTime) };
  }

  async write(given: Payload | SpannedPayload, { signal, onProgress }: WriteOptions): Promise<Arrival | undefined> {
    const [payload, temporary, reader] = [spanned(given), temporaryName(given.name), new SpanReader()];
    const content = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of piecesOf(payload, reader, signal)) {
        yield Buffer.from(piece);
        onProgress?.(reader.position);
      }
    };
    if (await this.holds(payload, signal)) return undefined;
    try {
      const place = await this.#ask('PUT', temporary, { op: 'CREATE', noredirect: 'true', permission: '644' }, signal);
      await upload(place?.Location ?? '', content(), signal);
      const facts = { name: payload.name, bytes: reader.position, sha256: reader.sha256() };
      assertDigest(payload, facts.sha256);
      const destination = new URL(this.access.uri(payload.name)).pathname;
      const isPublished = (await this.#ask('PUT', temporary, { op: 'RENAME', destination }, signal))?.boolean;
      if (isPublished !== true && (await this.holds({ ...payload, promised: facts }, signal))) return undefined;
      return this.arrivalOf(facts);
    } finally {
      await this.remove(temporary, AbortSignal.timeout(30_000));
    }
  }

  async read(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined> {
    const place = (await this.#ask('GET', name, { op: 'OPEN', noredirect: 'true' }, signal))?.Location;
    if (place === undefined) return undefined;
    return ((await once(request(place, { signal }).end(), 'response')) as [IncomingMessage])[0];
  }

  async *list(signal: AbortSignal): AsyncIterable<TargetEntry> {
    const found = (await this.#ask('GET', undefined, { op: 'LISTSTATUS' }, signal))?.FileStatuses?.FileStatus ?? [];
    for (const { pathSuffix: name, length: bytes, modificationTime } of found)
      if (!isHidden(name)) yield { name, bytes, modified: new Date(modificationTime) };
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    await this.#ask('DELETE', name, { op: 'DELETE' }, signal);
  }

  async requireWritable(signal: AbortSignal): Promise<void> {
    await this.#ask('GET', undefined, { op: 'CHECKACCESS', fsaction: '-wx' }, signal);
  }

  async #ask(
    method: string,
    name: string | undefined,
    query: object,
    signal: AbortSignal
  ): Promise<Answer | undefined> {
    if (name !== undefined) assertObjectName(name);
    const url = this.#askAt(name ?? '');
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
    const answer = await fetch(url, { method, signal });
    const text = await answer.text();
    if (answer.ok) return (text === '' ? {} : JSON.parse(text)) as Answer;
    if (answer.status === 404) return undefined;
    const code = answer.status === 403 ? 'TARGET_DENIED' : 'TARGET_FAILED';
    throw new ShipEnvError(code, `${method} ${url.href} failed.`, { hint: text });
  }
}

async function upload(url: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  const asked = request(url, { method: 'PUT', signal });
  const answered = once(asked, 'response', { signal }) as Promise<[IncomingMessage]>;
  await Promise.all([answered, pipeline(Readable.from(content), asked)]).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  const { statusCode } = (await answered)[0].resume();
  if (statusCode !== 201) throw new ShipEnvError('TARGET_FAILED', `The DataNode answered ${statusCode}.`);
}
