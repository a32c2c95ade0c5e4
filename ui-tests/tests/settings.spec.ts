import type { Locator } from '@playwright/test';
import { startFaultyProxy } from '../../server/test/support/faulty-proxy.js';
import { gate } from '../../server/test/support/gate.js';
import type { S3Server } from '../../server/test/support/s3-server.js';
import { code } from '../support/ship-page.js';
import { startStore } from '../support/store.js';
import { expect, picture, test, withSettings } from '../support/story.js';

let s3: S3Server;

test.beforeAll(async () => {
  s3 = await startStore('harbour');
});

test.afterAll(() => s3.stop());

// The window is high enough to show the whole form in the pictures.
test.use({ mockSettings: withSettings({}), viewport: { width: 1280, height: 1900 } });

test('a connection is tested, and what is wrong is said in plain words', async ({ page }) => {
  await page.evaluate(() => window.jupyterapp.commands.execute('ship-env:open-settings'));
  const target = page.locator('.jp-ShipEnv-target').first();
  const field = (name: string): Locator => target.locator(`input[id$="_targets_0_${name}"]`);
  const result = target.locator('.jp-ShipEnv-targetCheckResult');
  const check = async (): Promise<void> => target.getByRole('button', { name: 'Test connection' }).click();

  await expect(target).toContainText('This is the default target.');
  await expect(field('shared')).toBeVisible();
  await expect(field('endpoint')).toHaveCount(0);
  await check();
  await expect(result).toContainText('The directory does not exist yet. The first ship makes it in');
  await expect(result).toHaveAttribute('data-state', 'note');

  await field('url').fill('file:///mtn/share');
  await check();
  await expect(result).toContainText('The bucket or directory of the target does not exist');
  await expect(result).toHaveAttribute('data-state', 'bad');

  await field('url').fill('s3://harbour/env');
  await expect(result).toHaveText('');
  await expect(field('shared')).toHaveCount(0);
  await field('endpoint').fill(s3.endpoint);
  await field('region').fill('us-east-1');
  await field('pathStyle').check();
  await field('profile').fill('team');
  await check();
  await expect(result).toContainText(/It works: written in .+, read back in .+, deleted in .+\./);
  await picture(page, 'settings');

  await field('url').fill('s3://habour/env');
  await check();
  await expect(result).toContainText('The bucket or directory of the target does not exist');
  await expect(result).toContainText('habour');
  await picture(page, 'settings-wrong-bucket', target);

  await field('url').fill('s3://harbour/env');
  await field('profile').fill('stranger');
  await check();
  await expect(result).toContainText('The target does not accept the credentials');

  await field('profile').fill('team');
  await field('endpoint').fill('http://127.0.0.1:1');
  await check();
  await expect(result).toContainText('The target refused the connection');

  // A field that a directory does not have stays visible until it is empty.
  await field('url').fill('file:///tmp');
  await expect(field('shared')).toBeVisible();
  await expect(field('region')).toHaveValue('us-east-1');
  await check();
  await expect(result).toContainText('"Endpoint", "Region", "Bucket in the path", "AWS profile"');
  for (const name of ['endpoint', 'region', 'profile']) await field(name).fill('');
  // A click, since the box disappears when it is unchecked, and `uncheck` would then look for it in vain.
  await field('pathStyle').click();
  await expect(field('pathStyle')).toHaveCount(0);
  await expect(field('profile')).toHaveCount(0);
  await check();
  await expect(result).toContainText('It works');
});

test('a test of a store that does not answer shows that it runs, and can be cancelled', async ({ page }) => {
  const isGone = gate();
  // A store that accepts the request and does not answer.
  const silent = await startFaultyProxy(s3.endpoint, () => {
    isGone.open();
    return new Promise(() => undefined);
  });
  await page.evaluate(() => window.jupyterapp.commands.execute('ship-env:open-settings'));
  const target = page.locator('.jp-ShipEnv-target').first();
  const field = (name: string): Locator => target.locator(`input[id$="_targets_0_${name}"]`);
  await field('url').fill('s3://harbour/env');
  await field('endpoint').fill(silent.endpoint);
  await field('region').fill('us-east-1');
  await field('pathStyle').check();
  await field('profile').fill('team');
  await target.getByRole('button', { name: 'Test connection' }).click();
  await isGone.promise;
  await expect(target.getByRole('progressbar')).toBeVisible();
  await target.getByRole('button', { name: 'Cancel' }).click();
  await expect(target.locator('.jp-ShipEnv-targetCheckResult')).toHaveText('');
  await expect(target.getByRole('button', { name: 'Test connection' })).toBeEnabled();
  await silent.stop();
});

test('a target is added, named and tested before anything is shipped', async ({ page }) => {
  await page.evaluate(() => window.jupyterapp.commands.execute('ship-env:open-settings'));
  const targets = page.locator('.jp-ShipEnv-target');
  await expect(targets).toHaveCount(1);
  // The list of targets comes before the other lists.
  await page.getByTitle('Add item').first().click();
  await expect(targets).toHaveCount(2);
  const added = targets.nth(1);
  await expect(added).toContainText('New target');
  // JupyterLab may draw the form anew while it saves the new item, and the result of the test disappears. A person
  // would test again.
  await expect(async () => {
    await added.getByRole('button', { name: 'Test connection' }).click();
    const result = added.locator('.jp-ShipEnv-targetCheckResult');
    await expect(result).toContainText('The target has no URL.', { timeout: 5000 });
  }).toPass();
});

test('an empty Spark master stays empty, and the cell leaves the master out', async ({ page, ship }) => {
  const open = (): Promise<unknown> =>
    page.evaluate(() => window.jupyterapp.commands.execute('ship-env:open-settings'));
  const master = page.getByLabel('Spark master');
  await ship.openNotebook('no-master.ipynb', [code('1')]);
  await open();
  await expect(master).toHaveValue('auto');
  const saved = page.waitForResponse(
    response => response.request().method() === 'PUT' && response.url().includes('/api/settings')
  );
  await master.fill('');
  await saved;
  await page.getByRole('tab', { name: 'Settings' }).getByTitle('Close Settings').click();
  await expect(master).toHaveCount(0);
  await open();
  await expect(master).toHaveValue('');

  await page.notebook.activate('no-master.ipynb');
  await ship.pressUntil(/Run the new cell/);
  const cell = await ship.shipCell();
  expect(cell).toContain('SparkSession.builder');
  expect(cell).not.toContain('.master(');
});
