import { appendFile } from 'node:fs/promises';

/** One attempt. `scripts/long-tests/faults.mjs` sums up the lines. */
export type Kind = 'kill -9 at a random moment' | 'fault of a store' | 'ships at once' | 'hostile input';

/** `all`: the long form, `npm run test:faults`. Otherwise a sample, which takes one or two minutes. */
export const IS_LONG = process.env['SHIP_ENV_FAULTS'] === 'all';

/** The losses: each line names the attempt and what went wrong. */
export class Tally {
  readonly lost: string[] = [];
  survived = 0;
  readonly #kind: Kind;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /** Runs one attempt; an error of it counts as a loss. */
  async attempt(what: string, work: () => Promise<void>): Promise<void> {
    let loss: string | undefined;
    try {
      await work();
      this.survived += 1;
    } catch (error) {
      loss = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      this.lost.push(loss);
    }
    const file = process.env['SHIP_ENV_TALLY'];
    if (file) await appendFile(file, `${JSON.stringify({ kind: this.#kind, what, ...(loss && { loss }) })}\n`);
  }
}

/** Numbers in [0, 1), the same for a given seed (mulberry32), so that a run with a loss can be repeated. */
export function randomNumbers(seed = Number(process.env['SHIP_ENV_FAULTS_SEED'] ?? 20261128)): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** This many of the values, chosen at random, in their order; all of them in the long form. */
export function sample<T>(values: readonly T[], most: number, random: () => number): T[] {
  if (IS_LONG || values.length <= most) return [...values];
  const chosen = new Set<number>();
  while (chosen.size < most) chosen.add(Math.floor(random() * values.length));
  return values.filter((_, index) => chosen.has(index));
}
