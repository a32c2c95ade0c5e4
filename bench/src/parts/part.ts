import type { Bench } from '../bench.js';

/** A part of the benchmark. */
export interface Part {
  /** Name of the part for `--only`. */
  readonly name: string;
  readonly title: string;
  /** Measures, and adds its results to `bench.results`. */
  run(bench: Bench): Promise<void>;
}
