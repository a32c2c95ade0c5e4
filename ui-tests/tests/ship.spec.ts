import { raiseFees } from '../support/demo-package.js';
import { code, markdown } from '../support/ship-page.js';
import { directoryTarget, expect, picture, test, withSettings } from '../support/story.js';

test.describe('ships the environment of the kernel and runs it on executors', () => {
  test.use({ mockSettings: withSettings({ ...directoryTarget('story'), master: 'local-cluster[2,1,1024]' }) });

  test.afterEach(() => raiseFees(0));

  test('and again after each edit of the editable package, in the same session', async ({ page, ship }) => {
    await ship.openNotebook('berths.ipynb', [
      markdown('# Berth fees'),
      code(SESSION),
      code(FUNCTIONS),
      code(JOB),
      code(PROCESSES)
    ]);
    await expect(ship.button).toBeVisible();
    await picture(page, 'button');

    await ship.press();
    await expect(ship.notice).toContainText(/Ship env of berths\.ipynb to story\s*3\/7 Building the artifact: \d+ %/);
    await picture(page, 'progress');
    await expect(ship.notice).toContainText(/Shipped to story in .+ uploaded\./);
    expect((await ship.cells)[1]).toContain('builder = (');
    await ship.action('Show cell').click();
    await expect(ship.notice).toHaveCount(0);
    await picture(page, 'cell');

    const [cell, session, functions, job, processes] = [1, 2, 3, 4, 5];
    await ship.run(cell);
    // The output also has messages of the starting JVM.
    expect(await ship.run(session)).toContain('session');
    await ship.run(functions);
    expect(await ship.run(job)).toBe(feesOf(0));
    const before = await ship.run(processes);
    expect(Number(before)).toBeGreaterThan(0);

    let last = await ship.shipCell();
    // Five times forward and once back, which is the same code as at first.
    for (const euros of [1, 2, 3, 4, 5, 0]) {
      await test.step(`fees raised by ${euros}`, async () => {
        await raiseFees(euros);
        await ship.pressUntil(/The cell was updated\. Running session updated\./);
        const now = await ship.shipCell();
        expect(now).not.toBe(last);
        last = now;
        expect(await ship.run(job)).toBe(feesOf(euros));
      });
    }
    expect(await ship.run(processes)).toBe(before);
  });
});

test.describe('the cell', () => {
  test.use({ mockSettings: withSettings(directoryTarget('cell')) });

  test.afterEach(() => raiseFees(0));

  test('is inserted before the session, updated in place, and taken back by one Undo each', async ({ page, ship }) => {
    await ship.openNotebook('undo.ipynb', [code('import numpy'), code('spark = builder.getOrCreate()')]);
    const before = await ship.cells;
    await ship.pressUntil(/Run the new cell/);
    const first = await ship.shipCell();
    expect(await ship.cells).toEqual([before[0], first, before[1]]);

    await undo(page);
    await expect.poll(() => ship.cells).toEqual(before);
    await page.menu.clickMenuItem('Edit>Redo Cell Operation');
    await expect.poll(() => ship.cells).toHaveLength(3);

    // An Undo of the ship must not change text that the person typed meanwhile.
    await page.notebook.setCell(0, 'code', 'import numpy as np');
    await raiseFees(7);
    await ship.pressUntil(/The cell was updated/);
    expect(await ship.shipCell()).not.toBe(first);
    await undo(page);
    await expect.poll(() => ship.cells).toEqual(['import numpy as np', first, before[1]]);
  });

  test('is left alone by a ship that changes nothing', async ({ page, ship }) => {
    await ship.openNotebook('same.ipynb', [code('1')]);
    // The command palette does the same as the button.
    await page.menu.clickMenuItem('View>Activate Command Palette');
    await page.locator('.lm-CommandPalette-input').fill('Ship Env to Cluster');
    await page.locator('.lm-CommandPalette-item[data-command="ship-env:ship"]').click();
    await expect(ship.notice).toContainText(/Run the new cell/);
    await ship.hideNotice();
    const before = await ship.cells;
    expect(await ship.pressUntil(/up to date/)).toContain('nothing to upload');
    expect(await ship.cells).toEqual(before);
  });

  test('holds no path of the kernel venv and is plain PySpark', async ({ ship }) => {
    await ship.openNotebook('plain.ipynb', [code('1')]);
    await ship.pressUntil(/Run the new cell/);
    const cell = await ship.shipCell();
    expect(cell).not.toContain('site-packages');
    expect(cell).not.toMatch(/import .*ship_env/);
    expect(cell).toContain('from pyspark.sql import SparkSession');
  });
});

test.describe('the panel with the details', () => {
  test.use({ mockSettings: withSettings(directoryTarget('details')) });

  test('shows every step with its time, and the log', async ({ page, ship }) => {
    await ship.openNotebook('details.ipynb', [code('1')]);
    await ship.press();
    await expect(ship.notice).toContainText(/Shipped to|Already on/);
    await ship.action('Details').click();
    await ship.hideNotice();
    const details = page.locator('.jp-ShipEnv-details');
    await expect(details.locator('[data-state="done"]')).toHaveCount(7);
    await expect(details.locator('.jp-ShipEnv-log')).toContainText('Kernel python:');
    await picture(page, 'details', details.locator('.jp-ShipEnv-steps'));
  });
});

async function undo(page: Parameters<typeof picture>[0]): Promise<void> {
  await page.menu.clickMenuItem('Edit>Undo Cell Operation');
}

/** The fee of a berth for 8 m and 3 days, by an RDD, a udf and a pandas_udf, as the job prints it. */
function feesOf(raise: number): string {
  const fee = (37.5 + raise).toFixed(1);
  return `rdd [${fee}] udf [${fee}] pandas_udf [${fee}]`;
}

const SESSION = `builder = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
print("session")`;

/** Only the executors import the package: its functions are not sent with the job. */
const FUNCTIONS = `import pandas as pd
from pyspark.sql.functions import pandas_udf, udf


def fee(_):
    from harbour import berth_fee
    return berth_fee(8.0, 3)


fee_udf = udf(fee, "double")


@pandas_udf("double")
def fee_pandas_udf(column: pd.Series) -> pd.Series:
    from harbour import berth_fee
    return column.map(lambda _: berth_fee(8.0, 3))`;

const JOB = `rdd = spark.sparkContext.parallelize(range(8), 4).map(fee).distinct().collect()
frame = spark.range(8).repartition(4)
plain = sorted({row[0] for row in frame.select(fee_udf("id")).collect()})
vectorized = sorted({row[0] for row in frame.select(fee_pandas_udf("id")).collect()})
print("rdd", rdd, "udf", plain, "pandas_udf", vectorized)`;

/** Counts daemons and workers: the command line of each has the name of the module that starts it. */
const PROCESSES = `import glob

count = 0
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        with open(path, "rb") as file:
            count += b"ship_env_runtime" in file.read()
    except OSError:
        pass
print(count)`;
