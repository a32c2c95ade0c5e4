import { join } from 'node:path';
import { raiseFees } from '../support/demo-package.js';
import { folders } from '../support/folders.js';
import { code } from '../support/ship-page.js';
import { expect, picture, test } from '../support/story.js';

test.afterEach(() => raiseFees(0));

test('the magic ships, shows its steps, and updates the session that it built', async ({ page, ship }) => {
  const target = `file://${join(folders.home, 'targets', 'magic')}`;
  await ship.openNotebook('magic.ipynb', [
    code('%load_ext jupyterlab_ship_env'),
    code(`%%ship_env --target ${target} --master local-cluster[1,1,1024]\n${SESSION}`),
    code(JOB),
    code(`%ship_env --target ${target} --master local-cluster[1,1,1024]`),
    code('%ship_env --target ftp://host/folder')
  ]);
  const [load, session, job, again, wrong] = [0, 1, 2, 3, 4];
  await ship.run(load);

  const running = ship.run(session);
  const progress = page.locator('.jp-NotebookPanel:visible .ship-env-progress').first();
  // Checked in every frame: a ship from a warm cache shows the bar for less than a second.
  await page.waitForFunction(() => document.querySelector('.ship-env-progress [role="progressbar"]') !== null);
  await picture(page, 'magic');
  expect(await running).toContain('session');
  await expect(progress).toContainText('is on the target.');
  await expect(progress.getByRole('progressbar')).toHaveCount(0);
  expect(await ship.run(job)).toBe('[37.5]');

  await raiseFees(2);
  await ship.run(again);
  expect(await ship.run(job)).toBe('[39.5]');

  expect(await ship.run(wrong)).toContain('TARGET_URL_INVALID');
  expect(await ship.cells).toHaveLength(6);
});

const SESSION = `builder = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
print("session")`;

const JOB = `def fee(_):
    from harbour import berth_fee
    return berth_fee(8.0, 3)


print(spark.sparkContext.parallelize(range(4), 2).map(fee).distinct().collect())`;
