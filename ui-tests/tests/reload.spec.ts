import { startFaultyProxy } from '../../server/test/support/faulty-proxy.js';
import { gate } from '../../server/test/support/gate.js';
import type { S3Server } from '../../server/test/support/s3-server.js';
import { code } from '../support/ship-page.js';
import { startStore } from '../support/store.js';
import { expect, picture, test, withSettings } from '../support/story.js';

let store: S3Server;
let proxy: Awaited<ReturnType<typeof startFaultyProxy>>;
/** The ship of a test is held in the middle of its upload until the test lets it go on. */
let isHeld = gate();
let mayAnswer = gate();
/** Each test ships to a prefix of its own, so that it has something to send. */
const prefixes = { reload: 'reload', closed: 'closed' };

// Galata waits for the launcher, and a page that is reloaded shows what it showed before.
test.use({
  waitForApplication: async ({}, use) => {
    await use(async page => {
      await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
    });
  }
});

test.beforeAll(async () => {
  store = await startStore('harbour');
  proxy = await startFaultyProxy(store.endpoint, async ({ method, path, forward }) => {
    const answer = await forward();
    if (method !== 'PUT' || !path.includes('.pex')) return answer;
    isHeld.open();
    await mayAnswer.promise;
    return answer;
  });
});

test.beforeEach(() => {
  isHeld = gate();
  mayAnswer = gate();
});

test.afterEach(() => mayAnswer.open());

test.afterAll(async () => {
  await proxy.stop();
  await store.stop();
});

function settingsFor(prefix: string): Record<string, unknown> {
  const target = { url: `s3://harbour/${prefix}`, endpoint: proxy.endpoint, region: 'us-east-1', profile: 'team' };
  return withSettings({ defaultTarget: 'store', targets: [{ name: 'store', pathStyle: true, ...target }] });
}

test.describe('a page that is reloaded in the middle of a ship', () => {
  test.use({ mockSettings: async ({}, use) => use(settingsFor(prefixes.reload)) });

  test('shows the ship again, joins a second press, and writes the cell when it ends', async ({ page, ship }) => {
    const started: string[] = [];
    page.on('request', request => {
      if (request.method() === 'POST' && new URL(request.url()).pathname.endsWith('/ship-env/ships'))
        started.push(request.url());
    });
    await ship.openNotebook('reload.ipynb', [code('1')]);
    await ship.press();
    await isHeld.promise;
    await page.reload();
    await expect(ship.notice).toContainText(/Ship env of reload\.ipynb to store\s*\d\/6 /);
    await expect(ship.action('Cancel')).toBeVisible();
    await ship.expectKernel('idle');
    await ship.press();
    await expect(ship.notice).toHaveCount(1);
    await picture(page, 'reloaded');
    expect(await ship.cells).toEqual(['1']);
    mayAnswer.open();
    await expect(ship.notice).toContainText(/Shipped to store in .+ Run the new cell/su);
    expect(await ship.cells).toHaveLength(2);
    expect(await ship.shipCell()).toContain('builder = (');
    expect(started).toHaveLength(1);
  });
});

test.describe('a page without the notebook', () => {
  test.use({ mockSettings: async ({}, use) => use(settingsFor(prefixes.closed)) });

  test('shows the ship too, and inserts the cell when it is asked to', async ({ page, ship }) => {
    await ship.openNotebook('closed.ipynb', [code('1')]);
    await ship.press();
    await isHeld.promise;
    // What is open is saved a moment later.
    const saved = page.waitForResponse(
      response => response.request().method() === 'PUT' && response.url().includes('/api/workspaces/')
    );
    await page.notebook.close(true);
    await saved;
    await page.reload();
    await expect(ship.notice).toContainText('Ship env of closed.ipynb to store');
    mayAnswer.open();
    await expect(ship.notice).toContainText('The notebook is not open: the cell was not written.');
    await picture(page, 'not-open');
    await ship.action('Insert cell').click();
    await expect.poll(() => page.locator('.jp-NotebookPanel:visible').count()).toBe(1);
    await expect.poll(() => ship.cells).toHaveLength(2);
    expect(await ship.shipCell()).toContain('builder = (');
  });
});
