import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { toShipRequest } from '../../src/cli/request.js';
import type { OptionValues } from '../../src/contract/option-lists.js';
import { temporaryFolder } from '../support/temporary.js';

test('the settings file and the command of docs/settings.md make the requests that the page tells', async () => {
  const page = await readFile(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
  const [file = '', line = ''] = ['json', 'sh'].map(
    language => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'su').exec(page)?.[1] ?? ''
  );
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'jupyterlab-ship-env'));
  await writeFile(join(folder, 'jupyterlab-ship-env', 'plugin.jupyterlab-settings'), file);
  const env = { JUPYTERLAB_SETTINGS_DIR: folder, VIRTUAL_ENV: '/venv' };
  const [, ...words] = line.trim().split(' ');
  const said: OptionValues[] = [];
  await createProgram('0', options => Promise.resolve(void said.push(options))).parseAsync(['', '', ...words]);
  expect(await toShipRequest(said[0] ?? {}, env)).toMatchObject({
    target: { kind: 'directory', url: 'file:///srv/share/envs', shared: true },
    master: 'spark://cluster:7077',
    excludes: ['jupyterlab', 'jupyterlab', 'ipykernel'],
    dryRun: true
  });
  expect(await toShipRequest({}, env)).toMatchObject({
    target: { kind: 's3', url: 's3://analytics/envs', profile: 'analytics', endpoint: '' },
    excludes: ['jupyterlab'],
    dryRun: false
  });
});
