import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeResult, type ProbeResult } from '../../src/contract/probe.js';
import { shipEnv } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('numpy', 'packaging');
});
afterAll(() => kernel.remove());

async function probe(...args: string[]): Promise<ProbeResult & { exitCode: number | null }> {
  const { stdout, exitCode } = await shipEnv(join(kernel.folder, 'home'), [
    ...['probe', '--json', '--python', kernel.python],
    ...args
  ]);
  const last: unknown = JSON.parse(stdout.split('\n').at(-1) ?? '');
  return { ...probeResult.parse(last), exitCode };
}

test('ship-env probe --platform names what does not run there: what the loader of this machine would say', async () => {
  const old = await probe('--platform', 'manylinux_2_5_x86_64');
  expect(old).toMatchObject({ ok: false, exitCode: 1, ageMs: 0 });
  expect(old.misfits.map(({ name }) => name)).toEqual(['numpy']);
  expect(old.misfits[0]?.tags.join()).toContain('manylinux');
  // The loader of this machine names the same version for the file that the message names.
  const [, version = '', file = ''] =
    /^needs glibc ([\d.]+) \((.+)\), not 2\.5$/.exec(old.misfits[0]?.reason ?? '') ?? [];
  const site = await execa(kernel.python, ['-c', 'import sysconfig; print(sysconfig.get_path("platlib"))']);
  const { stdout } = await execa('ldd', ['-v', join(site.stdout, file)]);
  expect(stdout).toContain(`(GLIBC_${version}) =>`);

  const here = await probe('--platform', 'manylinux_2_99_x86_64');
  expect(here).toMatchObject({ ok: true, exitCode: 0, misfits: [] });
  expect(await probe('--platform', 'manylinux_2_99_aarch64')).toMatchObject({
    ok: false,
    misfits: [{ name: 'numpy' }]
  });
});

test('a distribution that stays home is not judged', async () => {
  expect(await probe('--platform', 'manylinux_2_5_x86_64', '--exclude', 'numpy')).toMatchObject({ ok: true });
});

test('--python-version tells that the artifact needs the Python of the environment', async () => {
  const other = await probe('--python-version', '3.99');
  expect(other.remarks[0]?.message).toMatch(
    /^An artifact of this environment needs Python 3\.\d+ on the nodes, not 3\.99\.$/
  );
  expect(other.misfits.map(({ name }) => name)).toEqual(['numpy']);
});

test('a platform beside a master is refused, and so is a platform that is none', async () => {
  for (const args of [
    ['--platform', 'linux_x86_64', '--master', 'yarn'],
    ['--platform', 'win32']
  ]) {
    const { exitCode, stdout } = await shipEnv(kernel.folder, ['probe', '--json', '--python', kernel.python, ...args]);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([2, { type: 'error', code: 'USAGE_INVALID' }]);
  }
});
