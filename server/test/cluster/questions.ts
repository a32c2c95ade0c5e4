import { expect } from 'vitest';
import * as z from 'zod';
import type { ShipResult } from '../../src/contract/ship.js';
import type { Kernel } from '../deployments/spark/support/kernel.js';

/** What a task on an executor tells about the environment that runs it. */
const view = z.object({
  python: z.string(),
  /** Files of the modules numpy and harbour, which is editable on the kernel's machine. */
  numpy: z.string(),
  harbour: z.string(),
  version: z.string(),
  /** The working directory. */
  folder: z.string(),
  /** For each path that must be hidden from executors: can this executor see it? */
  sees: z.array(z.boolean()),
  dot: z.number()
});
type View = z.infer<typeof view>;

/**
 * Starts the session of a cell, and defines the task of {@link lookFromAnExecutor}.
 *
 * @param imports - modules that the task imports, too
 */
export async function startSession(
  kernel: Kernel,
  cell: string,
  hidden: readonly string[],
  imports: readonly string[] = []
): Promise<void> {
  await kernel.run(`${cell}
spark = builder.getOrCreate()

def look(_):
    import ${['os', 'sys', 'harbour', 'numpy', ...imports].join(', ')}
    return {
        "python": sys.executable, "numpy": numpy.__file__, "harbour": harbour.__file__, "version": harbour.version(),
        "folder": os.getcwd(), "sees": [os.path.exists(path) for path in ${JSON.stringify(hidden)}],
        "dot": int(numpy.dot([1, 2, 3], [1, 2, 3])),
    }
`);
}

/** Runs one task that looks around. */
export async function lookFromAnExecutor(kernel: Kernel): Promise<View> {
  return view.parse(await kernel.run('', 'spark.sparkContext.parallelize([0], 1).map(look).first()'));
}

/** The means of two groups, computed by a pandas UDF: 1.5 of the group 1, 6 of the group 2. */
export async function expectGroupedMeans(kernel: Kernel): Promise<void> {
  await kernel.run(`
import pandas
from pyspark.sql.functions import pandas_udf

@pandas_udf("double")
def mean(values: pandas.Series) -> float:
    return values.mean()
`);
  const frame = 'spark.createDataFrame([(1, 1.0), (1, 2.0), (2, 3.0), (2, 5.0), (2, 10.0)], ("id", "v"))';
  const means = `[[row["id"], row[1]] for row in ${frame}.groupby("id").agg(mean("v")).orderBy("id").collect()]`;
  expect(await kernel.run('', means)).toEqual([
    [1, 1.5],
    [2, 6]
  ]);
}

/** Lets the running session take over what was shipped, as the button does. */
export async function expectUpdated(kernel: Kernel, { live, reused }: ShipResult): Promise<void> {
  if (live === undefined) throw new Error('a session was to be updated');
  expect(reused).toBe(true);
  expect(JSON.parse(String(await kernel.run(live.source, live.expression)))).toMatchObject({ state: 'updated' });
}
