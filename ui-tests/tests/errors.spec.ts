import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { folders } from '../support/folders.js';
import { code } from '../support/ship-page.js';
import { directoryTarget, expect, test, withSettings } from '../support/story.js';

test.use({ mockSettings: withSettings(directoryTarget('errors')) });

test('a notebook without a kernel', async ({ page, ship }) => {
  await ship.openNotebook('none.ipynb', [code('1')]);
  await page.menu.clickMenuItem('Kernel>Shut Down Kernel');
  await expect(page.locator('.jp-NotebookPanel:visible .jp-Toolbar-kernelName')).toContainText('No Kernel');
  await ship.pressUntil(/The notebook has no kernel/);
  expect(await ship.cells).toEqual(['1']);
});

test('a kernel that is not Python', async ({ ship }) => {
  await ship.openNotebook('echo.ipynb', [code('hello')], 'echo');
  expect(await ship.pressUntil(/The kernel is not a Python kernel/)).toContain('echo');
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
  // Whoever runs the tests as root can write every file, so the answer of the server is what is changed.
  await page.route(/\/api\/contents\/.*locked\.ipynb/u, async route => {
    if (route.request().method() !== 'GET') return route.continue();
    const response = await route.fetch();
    const model: unknown = await response.json();
    return route.fulfill({ response, json: typeof model === 'object' ? { ...model, writable: false } : model });
  });
  await ship.openNotebook('locked.ipynb', [code('1')]);
  const said = await ship.pressUntil(/The notebook is read-only/);
  expect(said).toContain('locked.ipynb');
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

  test('while files go up leaves none of them on the target', async ({ ship }) => {
    await ship.openNotebook('cancel.ipynb', [code('1')]);
    await ship.press();
    await expect(ship.notice).toContainText(/[34]\/6 /);
    await ship.action('Cancel').click();
    await expect(ship.notice).toContainText('The ship was cancelled.');
    expect(await ship.cells).toEqual(['1']);
    const left = await readdir(join(folders.work, 'targets', 'cancelled')).catch(() => []);
    expect(left.filter(name => /^(?:env|harbour|ship-env)-/u.test(name))).toEqual([]);
  });
});

test('two presses at once are one ship', async ({ page, ship }) => {
  const started: string[] = [];
  page.on('request', request => {
    if (request.method() === 'POST' && new URL(request.url()).pathname.endsWith('/ship-env/ships'))
      started.push(request.url());
  });
  await ship.openNotebook('twice.ipynb', [code('1')]);
  await ship.press();
  await ship.press();
  await expect(ship.notice).toHaveCount(1);
  await expect(ship.notice).toContainText(/Run the new cell/);
  expect(started).toHaveLength(1);
  expect(await ship.cells).toHaveLength(2);
});

test('a notebook that is closed meanwhile gets no cell, and the person gets the text of it', async ({ page, ship }) => {
  await ship.openNotebook('closed.ipynb', [code('1')]);
  await page.route(/\/ship-env\/ships\/[^/]+\/events/u, async route => {
    await page.notebook.close(true);
    await route.continue();
  });
  await ship.press();
  await expect(ship.notice).toContainText('The notebook was closed: the cell was not written.');
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
