import { s3CodeOf, statusOf } from '../failures/answer.js';
import { isExplained } from '../failures/failure-of.js';
import type { FeatureName } from './features.js';
import { headObject } from '../objects/objects.js';
import type { S3Store } from './store.js';

/** Should a request use a feature? */
export type Uses = (name: FeatureName) => boolean;

/**
 * HTTP statuses of a store that does not know a header or an operation; 400 and 405 only without a code that means
 * something else.
 */
const UNKNOWN = [400, 405, 501];
/** HTTP statuses of errors which prove that the store understood the request. */
const UNDERSTOOD = [404, 409, 412];

/**
 * Sends a request that uses features which some stores lack. When the store refuses the request as unknown, the request
 * is sent again with fewer features: first without each one alone, then without all. The features that had to be left
 * out are remembered as lacking.
 *
 * @param names - the features that the request can use; those that the store is known to lack are not used
 * @param request - sends the request; it is called at least once
 * @param options.unknown - statuses that may mean that the store did not understand the request
 * @throws what the SDK throws; when no request is understood, the error of the first one
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

/** A check has shown that the name is taken. */
class NameTaken extends Error {}

/**
 * Sends a request that creates an object, unless an object of that name exists. On a store without conditional writes,
 * the name is checked first: when two ships write at the same instant, the later one replaces an object by one of the
 * same content.
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
