import { createHash } from 'node:crypto';
import { RECORD_HASH_DIGITS, RECORD_NAME, shipRecord, type ShipRecord } from '../contract/ship-record.js';
import { bufferPayload } from '../payloads/buffer.js';
import type { Payload } from '../payloads/payload.js';
import { readSmall } from '../targets/reading.js';
import type { Target } from '../targets/target.js';
import { parseJson } from '../text/json.js';

const NAME = new RegExp(`^${RECORD_NAME}$`, 'u');
/** The largest content that is parsed: a record of a thousand distributions has about 100 KB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Is this the name of a record? */
export function isRecordName(name: string): boolean {
  return NAME.test(name);
}

/** A record as an object of a target. The name has the time, in milliseconds, and the beginning of the content's sha256. */
export function recordPayload(record: ShipRecord): Payload {
  const content = Buffer.from(`${JSON.stringify(record)}\n`);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, RECORD_HASH_DIGITS);
  const time = record.at.replace(/[-:.]/gu, '');
  return bufferPayload(`ship-env-ship-${time}-${hash}.json`, content);
}

/**
 * Parses the content of a record that anybody may have written. Undefined when it is not what the name says, or has
 * another form.
 */
export function parseRecord(name: string, content: Buffer): ShipRecord | undefined {
  const hash = NAME.exec(name)?.[2];
  if (hash === undefined || content.length > MAX_BYTES) return undefined;
  if (!createHash('sha256').update(content).digest('hex').startsWith(hash)) return undefined;
  return shipRecord.safeParse(parseJson(content.toString('utf8'))).data;
}

/** Reads a record; undefined when it is gone, or cannot be believed. @throws ShipEnvError TARGET_* */
export async function readRecord(
  target: Pick<Target, 'url' | 'read'>,
  name: string,
  signal: AbortSignal
): Promise<ShipRecord | undefined> {
  const content = await readSmall(target, name, signal);
  return content && parseRecord(name, content);
}

/** Names of the objects that an environment and code of a record need, as far as their names follow from the record. */
export function namedIn({ pointer, code }: Pick<ShipRecord, 'pointer' | 'code'>): string[] {
  return [...(pointer === undefined ? [] : [pointer]), ...code.map(({ file }) => file)];
}
