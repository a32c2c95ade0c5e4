/** Several runs of one case, and the figures that summarise them. */

/**
 * Runs every case once, then all of them again, and so on, so that a slow phase of the machine affects all cases alike.
 *
 * @param cases - each gets the number of the run, and returns its figure
 * @returns the figures of each case
 */
export async function interleaved<Name extends string>(
  runs: number,
  cases: Record<Name, (run: number) => Promise<number>>
): Promise<Record<Name, number[]>> {
  const names = Object.keys(cases) as Name[];
  const samples = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, number[]>;
  for (let run = 0; run < runs; run += 1) {
    for (const name of names) {
      samples[name].push(await cases[name](run));
    }
  }
  return samples;
}

/** The smallest figure. */
export function minimum(samples: readonly number[]): number {
  return Math.min(...samples);
}

/** @returns NaN when there is no figure */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
}

/**
 * The slope of the line through points, by least squares.
 *
 * @param points - x and y
 * @returns how much y grows with each x
 */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
