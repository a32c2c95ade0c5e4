import { join } from 'node:path';
import { Cache } from '../../server/src/system/cache/cache.js';
import { targetSettings } from '../../server/src/contract/index.js';
import { transaction } from '../../server/src/ship/undo/transaction.js';
import { openTarget } from '../../server/src/targets/index.js';
import { gate } from '../../server/test/support/gate.js';
import { folders } from '../support/folders.js';
import { code } from '../support/ship-page.js';
import { directoryTarget, expect, test, withSettings, type ShipSettings } from '../support/story.js';

// Galata waits for the launcher, but a reloaded page shows its earlier content.
test.use({
  waitForApplication: async ({}, use) => {
    await use(async page => {
      await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
    });
  }
});

/** Stops ships to this target in the middle, like another ship of this machine that writes to the same target. */
async function holdShipsTo({ targets }: ShipSettings): Promise<() => Promise<void>> {
  const target = await openTarget(targetSettings.parse(Array.isArray(targets) ? targets[0] : undefined));
  const cache = await Cache.open(join(folders.home, '.cache', 'ship-env'));
  const [isHeld, isOver] = [gate(), gate()];
  const holding = transaction(cache, target, new AbortController().signal, async () => {
    isHeld.open();
    await isOver.promise;
  });
  await Promise.race([isHeld.promise, holding]);
  return async () => {
    isOver.open();
    await holding;
    target.close();
  };
}

test.describe('a page that is reloaded in the middle of a ship', () => {
  const settings = directoryTarget('reload');
  test.use({ mockSettings: withSettings(settings) });

  test('shows the ship again, joins a second press, and writes the cell when it ends', async ({ page, ship }) => {
    const started: string[] = [];
    page.on('request', request => {
      if (request.method() === 'POST' && new URL(request.url()).pathname.endsWith('/ship-env/ships'))
        started.push(request.url());
    });
    const letGo = await holdShipsTo(settings);
    await ship.openNotebook('reload.ipynb', [code('1')]);
    await ship.press();
    await expect(ship.notice).toContainText('another ship writes to this target');
    await page.reload();
    await expect(ship.notice).toContainText(
      /Ship env of reload\.ipynb to reload\s*Waiting for other ships to end: another/
    );
    await expect(ship.action('Cancel')).toBeVisible();
    await ship.expectKernel('idle');
    await ship.press();
    await expect(ship.notice).toHaveCount(1);
    expect(await ship.cells).toEqual(['1']);
    await letGo();
    await expect(ship.notice).toContainText(/Shipped to reload in .+Run the new cell/su);
    expect(await ship.cells).toHaveLength(2);
    expect(await ship.shipCell()).toContain('builder = (');
    expect(started).toHaveLength(1);
  });
});

test.describe('a page without the notebook', () => {
  const settings = directoryTarget('not-open');
  test.use({ mockSettings: withSettings(settings) });

  test('shows the ship too, and inserts the cell when it is asked to', async ({ page, ship }) => {
    const letGo = await holdShipsTo(settings);
    await ship.openNotebook('not-open.ipynb', [code('1')]);
    await ship.press();
    await expect(ship.notice).toContainText('another ship writes to this target');
    // Opens the page without the widgets that were open before.
    await page.goto('?reset');
    await expect(page.locator('.jp-NotebookPanel')).toHaveCount(0);
    await expect(ship.notice).toContainText('Ship env of not-open.ipynb to not-open');
    await letGo();
    await expect(ship.notice).toContainText('The notebook is not open: the cell was not written.');
    await ship.action('Insert cell').click();
    await expect(page.locator('.jp-NotebookPanel:visible')).toHaveCount(1);
    await expect.poll(() => ship.cells).toHaveLength(2);
    expect(await ship.shipCell()).toContain('builder = (');
  });
});
