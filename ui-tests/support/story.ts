import { galata, test as base, type IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';
import { join } from 'node:path';
import { folders } from './folders.js';
import { ShipPage } from './ship-page.js';

/** Settings of the extension, with the names in the settings file. */
export type ShipSettings = Record<string, unknown>;

/** JupyterLab's settings in a test, with those of the extension. They are not written to the disk. */
export function withSettings(own: ShipSettings): Record<string, unknown> {
  return { ...galata.DEFAULT_SETTINGS, 'jupyterlab-ship-env:plugin': own };
}

/** Targets with one directory for this test, in the home folder of JupyterLab, where the first ship makes it. */
export function directoryTarget(name: string): ShipSettings {
  const directory = join(folders.home, 'targets', name);
  return { defaultTarget: name, targets: [{ name, url: `file://${directory}` }] };
}

/** A test that works with a notebook and the button in its toolbar. */
export const test = base.extend<{ ship: ShipPage }>({
  ship: async ({ page, tmpPath }, use) => {
    await use(new ShipPage(page, tmpPath));
  }
});

/**
 * Takes a picture for the documentation when the run was asked for pictures. First moves the mouse away and closes the
 * file browser, so that the picture has no tooltip and no test name.
 */
export async function picture(page: IJupyterLabPageFixture, name: string, of?: Locator): Promise<void> {
  const folder = process.env['SHIP_ENV_SCREENSHOTS'];
  if (folder === undefined || folder === '') return;
  // Notebook has no side bar by default.
  if (await page.sidebar.isOpen('left')) await page.sidebar.close('left');
  await page.mouse.move(640, 790);
  const path = join(folder, `${name}.png`);
  await (of === undefined ? page.screenshot({ path }) : of.screenshot({ path }));
}

export { expect } from '@jupyterlab/galata';
