import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readSettings } from '../src/settings/jupyterlab.js';

test('Without saved settings, the command line goes by the defaults that the settings panel shows', async () => {
  const schema = JSON.parse(await readFile(new URL('../../schema/plugin.json', import.meta.url), 'utf8')) as {
    properties: Record<string, { default: unknown }>;
  };
  const shown = Object.entries(schema.properties).map(([name, { default: value }]) => [name, value] as const);
  const settings = await readSettings({ JUPYTERLAB_SETTINGS_DIR: '/nowhere' });
  // The place of the cell is the notebook's affair.
  expect(settings).toEqual(Object.fromEntries(shown.filter(([name]) => name !== 'insertPosition')));
});
