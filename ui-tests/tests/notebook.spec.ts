import { code } from '../support/ship-page.js';
import { directoryTarget, expect, test, withSettings } from '../support/story.js';

// The same server has Notebook 7 beside JupyterLab, at other addresses.
test.use({
  appPath: '',
  autoGoto: false,
  waitForApplication: async ({}, use) => {
    await use(async page => {
      await page.locator('#main-panel').waitFor();
    });
  },
  mockSettings: withSettings({ ...directoryTarget('notebook'), master: 'local-cluster[2,1,1024]' })
});

test('Notebook 7 ships, and Details shows the steps and the log', async ({ page, ship }) => {
  await ship.openNotebookPage('plain.ipynb', [code('1')]);
  await ship.press();
  await expect(ship.notice).toContainText(/Shipped to|Already on/);
  await ship.action('Details').click();
  const details = page.locator('.jp-ShipEnv-details');
  await expect(details.locator('[data-state="done"]')).toHaveCount(7);
  await expect(details.locator('[data-state="done"]').first()).toBeInViewport();
  await expect(details.locator('.jp-ShipEnv-log')).toContainText('Kernel python:');
  await ship.hideNotice();
  expect(await ship.shipCell()).toContain('builder = (');
});

test.describe('settings that cannot be used', () => {
  test.use({ mockSettings: withSettings({ defaultTarget: 'nowhere', targets: [] }) });

  test('are opened on the page of the files', async ({ page, ship }) => {
    await ship.openNotebookPage('nowhere.ipynb', [code('1')]);
    await ship.press();
    await expect(ship.notice).toContainText('No target has this name');
    const opening = page.context().waitForEvent('page');
    await ship.action('Open settings').click();
    const files = await opening;
    await expect(files.locator('.jp-SettingsForm')).toContainText('Ship env to cluster');
    expect(new URL(files.url()).search).toBe('');
  });
});
