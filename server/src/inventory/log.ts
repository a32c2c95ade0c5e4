import type { ListedRecord } from '../contract/ship-record.js';
import type { TargetSettings } from '../contract/target-settings.js';
import { isShipEnvError } from '../errors.js';
import { isRecordName, parseRecord } from '../records/record.js';
import { openTarget } from '../targets/index.js';
import { readSmall } from '../targets/reading.js';
import type { Target } from '../targets/target.js';
import { compareText } from '../text/compare.js';

/** How many records are read at once. */
const READ_AT_ONCE = 16;

/**
 * The newest records of ships on a target, newest first. Only these are read, however many there are.
 *
 * @param limit - how many
 * @throws ShipEnvError TARGET_*
 */
export async function listRecords(
  settings: TargetSettings,
  limit: number,
  signal: AbortSignal
): Promise<{ records: ListedRecord[]; all: number }> {
  const target = await openTarget(settings);
  try {
    const names: string[] = [];
    for await (const { name } of target.list(signal)) if (isRecordName(name)) names.push(name);
    const wanted = names.sort((a, b) => compareText(b, a)).slice(0, limit);
    const records: ListedRecord[] = [];
    for (let start = 0; start < wanted.length; start += READ_AT_ONCE) {
      const next = wanted.slice(start, start + READ_AT_ONCE).map(name => readListed(target, name, signal));
      records.push(...(await Promise.all(next)));
    }
    return { records, all: names.length };
  } finally {
    target.close();
  }
}

async function readListed(target: Target, name: string, signal: AbortSignal): Promise<ListedRecord> {
  try {
    const content = await readSmall(target, name, signal);
    const record = content && parseRecord(name, content);
    if (record !== undefined) return { name, record };
    const problem = content === undefined ? 'it was removed meanwhile' : 'something else wrote or changed it';
    return { name, problem: `${name} cannot be read as a record: ${problem}.` };
  } catch (error) {
    // One foreign or damaged object must not hide the other records.
    if (!isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return { name, problem: error.message };
  }
}
