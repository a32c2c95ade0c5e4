import { s3CodeOf, statusOf } from '../failures/answer.js';
import { isExplained } from '../failures/failures.js';
import type { FeatureName } from './features.js';
import { headObject } from '../objects/objects.js';
import type { S3Store } from './store.js';

/** Whether a request is to use a feature. */
export type Uses = (name: FeatureName) => boolean;

/** Answers of a store that does not know a header or an operation; 400 and 405 only without a code that means something else. */
const UNKNOWN = [400, 405, 501];
/** Answers that a request gets which the store understood. */
const UNDERSTOOD = [404, 409, 412];

/**
 * Sends a request that uses what not every store has. Where the store refuses it as unknown, it is sent again with less:
 * first without each of the features alone, then without all of them. What it works without is remembered as lacking.
 *
 * @param names - the features that the request can use; those that the store is known to lack are not used
 * @param request - sends it, and is called once at least
 * @param options.unknown - statuses that may mean that the request was not understood
 * @throws what the SDK throws, of the first request where none is understood
 */
export async function withOptional<T>(
  store: S3Store,
  names: readonly FeatureName[],
  request: (uses: Uses) => Promise<T>,
  { unknown = UNKNOWN }: { unknown?: readonly number[] } = {}
): Promise<T> {
  const usable = names.filter(name => store.has(name));
  let first: unknown;
  for (const without of [[], ...usable.map(name => [name]), ...(usable.length > 1 ? [usable] : [])]) {
    const remember = (): void => {
      for (const name of without) store.features.lacks(name, `the store answered ${answerOf(first)}`);
    };
    try {
      const result = await request(name => usable.includes(name) && !without.includes(name));
      remember();
      return result;
    } catch (error) {
      const status = statusOf(error) ?? 0;
      if (UNDERSTOOD.includes(status)) remember();
      if (!unknown.includes(status) || (status !== 501 && isExplained(error))) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** The name is taken, as a look has shown. */
class NameTaken extends Error {}

/**
 * Sends a request that creates an object, unless there is one of that name. Without conditional writes a look must do:
 * of two ships in the same instant the later one then replaces an object by one of the same content.
 *
 * @param condition - the feature by which the request itself is conditional
 * @returns false when the name is taken, or is just being taken
 * @throws what the SDK throws
 */
export async function unlessTaken(
  store: S3Store,
  name: string,
  { condition, others = [] }: { condition: FeatureName; others?: readonly FeatureName[] },
  request: (uses: Uses) => Promise<unknown>
): Promise<boolean> {
  try {
    await withOptional(store, [condition, ...others], async uses => {
      if (!uses(condition) && (await headObject(store, name)) !== undefined) throw new NameTaken();
      await request(uses);
    });
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (error instanceof NameTaken || status === 412 || status === 409) return false;
    throw error;
  }
}

function answerOf(error: unknown): string {
  const code = s3CodeOf(error);
  return `${code === undefined ? '' : `${code}, `}HTTP ${statusOf(error) ?? 0}`;
}
