import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readSettings, resolveTarget } from '../../src/settings/jupyterlab.js';

test('Without saved settings, the command line goes by the defaults that the settings panel shows', async () => {
  const schema = JSON.parse(await readFile(new URL('../../../schema/plugin.json', import.meta.url), 'utf8')) as {
    properties: Record<string, { default: unknown }>;
  };
  const shown = Object.entries(schema.properties).map(([name, { default: value }]) => [name, value] as const);
  const settings = await readSettings({ JUPYTERLAB_SETTINGS_DIR: '/nowhere' });
  // The place of the cell is the notebook's affair.
  expect(settings).toEqual(Object.fromEntries(shown.filter(([name]) => name !== 'insertPosition')));
});

test.each(['ann:canary@host/x', 'bucket/x?X-Amz-Signature=canary', '/ann:canary@x'])(
  'what was named for a target, %s, is told without its secret',
  async wanted => {
    const settings = await readSettings({ JUPYTERLAB_SETTINGS_DIR: '/nowhere' });
    expect(() => resolveTarget(wanted, settings)).toThrow(
      expect.objectContaining({
        code: 'TARGET_UNKNOWN',
        message: expect.not.stringContaining('canary'),
        hint: expect.not.stringContaining('canary')
      })
    );
  }
);
