import { galata, test as base, type IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';
import { join } from 'node:path';
import { folders } from './folders.js';
import { ShipPage } from './ship-page.js';

/** Settings of the extension, as the settings file spells them. */
export type ShipSettings = Record<string, unknown>;

/** JupyterLab's settings in a test, with those of the extension: nothing is written to disk. */
export function withSettings(own: ShipSettings): Record<string, unknown> {
  return { ...galata.DEFAULT_SETTINGS, 'jupyterlab-ship-env:plugin': own };
}

/** The targets of a test: a directory of its own, in the home of JupyterLab, where the first ship makes it. */
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
 * Takes a picture for the README when the run was asked for pictures. Moves the mouse and the file browser away first:
 * no tooltip and no name of a test is in the way.
 */
export async function picture(page: IJupyterLabPageFixture, name: string, of?: Locator): Promise<void> {
  const folder = process.env['SHIP_ENV_SCREENSHOTS'];
  if (folder === undefined || folder === '') return;
  // Notebook has none by default.
  if (await page.sidebar.isOpen('left')) await page.sidebar.close('left');
  await page.mouse.move(640, 790);
  const path = join(folder, `${name}.png`);
  await (of === undefined ? page.screenshot({ path }) : of.screenshot({ path }));
}

export { expect } from '@jupyterlab/galata';
