import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { pythonOf } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/process.mjs';
import { generateWheel, writeDistribution } from '../../src/environments/generate.js';
import { install, makeVenv } from '../../src/environments/venvs.js';

it('makes a wheel that uv installs and python imports, and the same again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ship-env-bench-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const plan = { name: 'bench_try', version: '1.0', files: 5, moduleBytes: 900, libraryBytes: 3 * 1024 ** 2 };
  const venv = join(folder, 'venv');
  await makeVenv(venv);
  await install(venv, await generateWheel(folder, plan));
  const program = 'import bench_try.part_0.module_4 as m; print(m.__doc__)';
  const { output } = await run(pythonOf(venv), ['-c', program], { stdout: 'capture' });
  expect(output).toContain('bench_try 1.0 4');
  const records = ['one', 'other'].map(name => {
    writeDistribution(join(folder, name), plan);
    return readFileSync(join(folder, name, 'bench_try-1.0.dist-info', 'RECORD'), 'utf8');
  });
  expect(records[0]).toBe(records[1]);
  expect(records[0]?.split('\n')).toHaveLength(10);
});
