import type { Bench } from '../bench.js';

/** A part of the benchmark. */
export interface Part {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  /** Puts what it found into `bench.results`. */
  run(bench: Bench): Promise<void>;
}
