/** Plans of parts in the notation of their tests: contents by name, and sizes in MiB. */
import { expect } from 'vitest';
import { PartPlanner, type Part } from '../../../src/targets/s3/delta/part-plan.js';
import type { Holding } from '../../../src/targets/target.js';

export const MIB = 1024 * 1024;
export const MIN = 5 * MIB;

/** A span in the notation of the tests: the name of its content (none: new) and its size in MiB. */
export type Spelled = readonly [content: string | undefined, mib: number];

export function source(name: string, spans: readonly (readonly [string, number])[]): Holding {
  let bytes = 0;
  const offsets = new Map<string, number>();
  for (const [content, mib] of spans) {
    offsets.set(content, bytes);
    bytes += mib * MIB;
  }
  return { name, bytes, version: '"1"', offsets };
}

export function plan(sources: readonly Holding[], spans: readonly Spelled[], maximalBytes = 0): Part[] {
  const planner = new PartPlanner(sources, maximalBytes);
  const parts = spans.flatMap(([content, mib]) => planner.add({ bytes: mib * MIB, content }));
  return [...parts, ...planner.end()];
}

/** `send 0-8`, `copy 8-24 a@0`, in MiB. */
export function spelled(parts: readonly Part[]): string[] {
  return parts.map(({ start, end, copy }) => {
    const range = `${start / MIB}-${end / MIB}`;
    return copy === undefined ? `send ${range}` : `copy ${range} ${copy.name}@${copy.offset / MIB}`;
  });
}

/** An artifact that is there, from which the new one is copied. */
export const old = source('old', [
  ['head', 1],
  ['big', 40],
  ['middle', 20],
  ['small', 3]
]);

/** Parts follow each other without a gap, and each except the last is large enough for a store. */
export function check(parts: readonly Part[], mib: number): void {
  expect(parts.map(({ start }) => start)).toEqual([0, ...parts.slice(0, -1).map(({ end }) => end)]);
  expect(parts.at(-1)?.end).toBe(mib * MIB);
  for (const { start, end } of parts.slice(0, -1)) expect(end - start).toBeGreaterThanOrEqual(MIN);
}
