import { startFaultyProxy } from '../../server/test/support/faulty-proxy.js';
import { gate } from '../../server/test/support/gate.js';
import type { S3Server } from '../../server/test/support/s3-server.js';
import { code } from '../support/ship-page.js';
import { contentsOf, startStore } from '../support/store.js';
import { directoryTarget, expect, test, withSettings } from '../support/story.js';

test.use({ mockSettings: withSettings(directoryTarget('errors')) });

/** Requests for the events of a ship. */
const EVENTS = /\/ship-env\/ships\/[^/]+\/events/u;

test('a notebook without a kernel', async ({ page, ship }) => {
  await ship.openNotebook('none.ipynb', [code('1')]);
  await page.menu.clickMenuItem('Kernel>Shut Down Kernel');
  await expect(page.locator('.jp-NotebookPanel:visible .jp-Toolbar-kernelName')).toContainText('No Kernel');
  await ship.pressUntil(/The notebook has no kernel/);
  expect(await ship.cells).toEqual(['1']);
});

test('a kernel that is not Python', async ({ ship }) => {
  await ship.openNotebook('echo.ipynb', [code('hello')], 'echo');
  await ship.press();
  await expect(ship.notice).toContainText('The kernel is not a Python kernel');
  // The notification has room only for the hint; the whole text is the tooltip of Details.
  await expect(ship.action('Details')).toHaveAttribute('title', /"echo"/);
  expect(await ship.cells).toEqual(['hello']);
});

test('a kernel that dies while it is asked', async ({ page, ship }) => {
  await ship.openNotebook('dies.ipynb', [code('import os; print(os.getpid())'), code('import time; time.sleep(600)')]);
  const pid = Number(await ship.run(0));
  await page.notebook.runCell(1, { wait: false }).catch(() => undefined);
  await ship.expectKernel('busy');
  await ship.press();
  await expect(ship.notice).toContainText('Waiting for the kernel, it is busy');
  process.kill(pid, 'SIGKILL');
  await expect(ship.notice.filter({ hasText: 'The kernel went away' })).toBeVisible();
});

test('a read-only notebook ships nothing', async ({ page, ship }) => {
  // Root can write every file, so the test changes the answer of the server.
  await page.route(/\/api\/contents\/.*locked\.ipynb/u, async route => {
    if (route.request().method() !== 'GET') return route.continue();
    const response = await route.fetch();
    const model: unknown = await response.json();
    return route.fulfill({ response, json: typeof model === 'object' ? { ...model, writable: false } : model });
  });
  await ship.openNotebook('locked.ipynb', [code('1')]);
  await ship.press();
  await expect(ship.notice).toContainText('The notebook is read-only');
  await expect(ship.action('Details')).toHaveAttribute('title', /locked\.ipynb/);
  expect(await ship.cells).toEqual(['1']);
});

test.describe('a cancel', () => {
  test.use({ mockSettings: withSettings(directoryTarget('cancelled')) });

  test('while the kernel is busy ships nothing', async ({ page, ship }) => {
    await ship.openNotebook('busy.ipynb', [code('import time; time.sleep(600)')]);
    await page.notebook.runCell(0, { wait: false }).catch(() => undefined);
    await ship.expectKernel('busy');
    await ship.press();
    await expect(ship.notice).toContainText('Waiting for the kernel, it is busy');
    await ship.action('Cancel').click();
    await expect(ship.notice).toContainText('The ship was cancelled.');
    expect((await ship.cells).filter(source => source.includes('builder'))).toEqual([]);
  });
});

test.describe('a cancel while files go up', () => {
  let store: S3Server;
  let proxy: Awaited<ReturnType<typeof startFaultyProxy>>;
  const isHeld = gate();
  const mayAnswer = gate();

  test.beforeAll(async () => {
    store = await startStore('harbour');
    // The parts of the artifact arrive, but the proxy holds their answers until the test releases them.
    proxy = await startFaultyProxy(store.endpoint, async ({ method, path, forward }) => {
      const answer = await forward();
      if (method !== 'PUT' || !path.includes('.pex')) return answer;
      isHeld.open();
      await mayAnswer.promise;
      return answer;
    });
  });

  test.afterAll(async () => {
    mayAnswer.open();
    await proxy.stop();
    await store.stop();
  });

  test.use({
    mockSettings: async ({}, use) => {
      const target = { url: 's3://harbour/env', endpoint: proxy.endpoint, region: 'us-east-1', profile: 'team' };
      await use(withSettings({ defaultTarget: 'store', targets: [{ name: 'store', pathStyle: true, ...target }] }));
    }
  });

  test('leaves none of them on the target', async ({ ship }) => {
    await ship.openNotebook('cancel.ipynb', [code('1')]);
    await ship.press();
    await isHeld.promise;
    // The code was uploaded before, and some parts of the artifact are there.
    expect((await contentsOf(store, 'harbour')).objects).not.toEqual([]);
    await ship.action('Cancel').click();
    await expect(ship.notice).toContainText('Cancelling…');
    mayAnswer.open();
    await expect(ship.notice).toContainText('The ship was cancelled.');
    expect(await ship.cells).toEqual(['1']);
    expect(await contentsOf(store, 'harbour')).toEqual({ objects: [], uploads: [] });
  });
});

test('a cancel that comes too late says that the environment is shipped, and leaves the notebook alone', async ({
  page,
  ship
}) => {
  await ship.openNotebook('late.ipynb', [code('1')]);
  await page.route(
    EVENTS,
    async route => {
      // The response is complete when the ship has ended.
      const response = await route.fetch();
      await ship.action('Cancel').click();
      await route.fulfill({ response });
    },
    { times: 1 }
  );
  await ship.pressUntil(/The cancel came too late: the environment is on errors\./);
  expect(await ship.cells).toEqual(['1']);
  await ship.pressUntil(/Already on errors: nothing to upload/);
});

test('two presses at once are one ship', async ({ page, ship }) => {
  const started: string[] = [];
  page.on('request', request => {
    if (request.method() === 'POST' && new URL(request.url()).pathname.endsWith('/ship-env/ships'))
      started.push(request.url());
  });
  // The first ship goes on only after the button was pressed again.
  const isPressedTwice = gate();
  await page.route(EVENTS, async route => {
    await isPressedTwice.promise;
    await route.continue();
  });
  await ship.openNotebook('twice.ipynb', [code('1')]);
  await ship.press();
  await ship.press();
  isPressedTwice.open();
  await expect(ship.notice).toHaveCount(1);
  await expect(ship.notice).toContainText(/Run the new cell/);
  expect(started).toHaveLength(1);
  expect(await ship.cells).toHaveLength(2);
});

test('a notebook that is closed meanwhile gets no cell, and the person gets its text', async ({ page, ship }) => {
  await ship.openNotebook('closed.ipynb', [code('1')]);
  await page.route(EVENTS, async route => {
    await page.notebook.close(true);
    await route.continue();
  });
  await ship.press();
  await expect(ship.notice).toContainText('The notebook is not open: the cell was not written.');
  await ship.action('Copy cell').click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('builder = (');
});

test.describe('a target that does not exist', () => {
  test.use({ mockSettings: withSettings({ defaultTarget: 'nowhere', targets: [] }) });

  test('leads to the settings', async ({ page, ship }) => {
    await ship.openNotebook('nowhere.ipynb', [code('1')]);
    await ship.press();
    await expect(ship.notice).toContainText('No target has this name');
    await ship.action('Open settings').click();
    await expect(page.locator('.jp-SettingsPanel')).toContainText('Ship env to cluster');
  });
});
