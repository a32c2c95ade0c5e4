import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { BUNDLE } from '../support/bundle.js';
import { makeKernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';

test('the example that docs/deployments.md begins with does what it says', async () => {
  const page = await readFile(new URL('../../../docs/deployments.md', import.meta.url), 'utf8');
  const example = /^```sh\n(.*?)^```$/msu.exec(page)?.[1] ?? '';
  const kernel = await makeKernelVenv('six==1.17.0');
  onTestFinished(() => kernel.remove());
  const home = await temporaryFolder();
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'ship-env'), `#!/bin/sh\nexec '${process.execPath}' '${BUNDLE}' "$@"\n`);
  await chmod(join(bin, 'ship-env'), 0o755);
  await symlink(join(kernel.folder, 'venv'), join(home, 'venv'));
  await writeFile(
    join(home, 'train.py'),
    'import sys, harbour, six\nprint("trained", harbour.VERSION, sys.argv[1:])\n'
  );
  const env = { HOME: home, PATH: `${bin}:${process.env['PATH'] ?? ''}`, SHIP_ENV_NODE_ROOT: join(home, 'node') };
  const { stdout } = await execa('sh', ['-ec', example], { cwd: home, env, extendEnv: false });
  expect(stdout).toContain('Shipped to ');
  expect(stdout).toContain('--master spark://host:7077');
  expect(stdout).toContain("trained v1 ['--epochs', '3']");
  const command = stdout.split('\n').at(-1) ?? '';
  expect(command).toMatch(/^ship-env run --target file:\S+ --artifact env-\S+ --code ship-env-code-\S+ --$/u);
  const elsewhere = { ...env, HOME: await temporaryFolder() };
  const again = await execa('sh', ['-ec', `${command} train.py`], { cwd: home, env: elsewhere, extendEnv: false });
  expect(again.stdout).toBe('trained v1 []');
});

test('the cell of the section on Spark Connect is what a ship prints', async () => {
  const page = await readFile(new URL('../../../docs/deployments.md', import.meta.url), 'utf8');
  const section = page.slice(page.indexOf('## Spark Connect'));
  const command = /^```sh\n(.*?)^```$/msu.exec(section)?.[1] ?? '';
  const shown = /^```python\n(.*?)^```$/msu.exec(section)?.[1] ?? '';
  const kernel = await makeKernelVenv();
  onTestFinished(() => kernel.remove());
  const env = { HOME: kernel.folder, PATH: process.env['PATH'] ?? '' };
  const run = (script: string): Promise<{ stdout: string }> =>
    execa('sh', ['-ec', script.replaceAll('ship-env', `'${process.execPath}' '${BUNDLE}'`)], {
      cwd: kernel.folder,
      env,
      extendEnv: false
    });
  await run('ship-env ship --python venv/bin/python --target "file://$PWD/target" --master sc://host:15002');
  const { stdout } = await run(command);
  const lines = shown.split('\n').filter(line => line.trim() !== '' && !line.includes('…'));
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) expect(stdout.split('\n')).toContain(line);
  await expect(run(`${command.trim()} --as submit`)).rejects.toThrow('is not built by properties');
});
