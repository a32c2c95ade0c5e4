import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settings } from '../../src/contract/settings.js';
import { openTarget } from '../../src/targets/index.js';
import { temporaryFolder } from '../support/temporary.js';
import { readSettings, resolveTarget } from '../../src/settings/jupyterlab.js';

test('Without saved settings, the command line goes by the defaults that the settings panel shows', async () => {
  const schema = JSON.parse(await readFile(new URL('../../../schema/plugin.json', import.meta.url), 'utf8')) as {
    properties: Record<string, { default: unknown }>;
  };
  const shown = Object.entries(schema.properties).map(([name, { default: value }]) => [name, value] as const);
  expect(shown.map(([name]) => name)).toEqual(Object.keys(settings.shape));
  expect(await readSettings({ JUPYTERLAB_SETTINGS_DIR: '/nowhere' })).toEqual(
    settings.parse(Object.fromEntries(shown))
  );
});

test.each(['ann:canary@host/x', 'bucket/x?X-Amz-Signature=canary', '/ann:canary@x'])(
  'what was named for a target, %s, is told without its secret',
  async wanted => {
    const saved = await readSettings({ JUPYTERLAB_SETTINGS_DIR: '/nowhere' });
    expect(() => resolveTarget(wanted, saved)).toThrow(
      expect.objectContaining({
        code: 'TARGET_UNKNOWN',
        message: expect.not.stringContaining('canary'),
        hint: expect.not.stringContaining('canary')
      })
    );
  }
);

/** A target as the settings form writes it: with every field of every kind. */
const FLAT = { endpoint: '', region: '', pathStyle: false, profile: '', shared: false };

test('Settings that were saved before targets had kinds hold, and one target that cannot be used spoils no other', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'jupyterlab-ship-env'));
  await writeFile(
    join(folder, 'jupyterlab-ship-env', 'plugin.jupyterlab-settings'),
    JSON.stringify({
      defaultTarget: 'folder',
      targets: [
        { ...FLAT, name: 'folder', url: `file://${folder}/target`, shared: true },
        { ...FLAT, name: 'bucket', url: 's3://bucket/x', profile: 'team' },
        { ...FLAT, name: 'both', url: 's3://bucket/x', shared: true },
        { ...FLAT, name: 'new', url: '' }
      ]
    })
  );
  const saved = await readSettings({ JUPYTERLAB_SETTINGS_DIR: folder });
  const open = (name?: string): Promise<string> =>
    openTarget(resolveTarget(name, saved)).then(target => {
      target.close();
      return target.url;
    });
  expect(await open()).toBe(`file://${folder}/target`);
  expect(await open('bucket')).toBe('s3://bucket/x');
  await expect(open('both')).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: expect.stringContaining('"Shared with the nodes"')
  });
  await expect(open('new')).rejects.toMatchObject({ code: 'TARGET_URL_INVALID' });
});
