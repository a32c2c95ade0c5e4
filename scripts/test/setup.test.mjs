import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installDebianPackages } from '../setup/debian.mjs';
import { SetupProblem } from '../setup/problem.mjs';
import { whenChanged } from '../setup/stamp.mjs';

describe('an installation', () => {
  /** @type {string} */
  let folder;
  /** @type {string} */
  let stamp;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ship-env-setup-'));
    stamp = join(folder, 'stamp');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const done = () => Promise.resolve();

  it('runs once for the same inputs, and again when one changes', async () => {
    expect(await whenChanged(stamp, ['a', 'b'], done)).toBe(true);
    expect(await whenChanged(stamp, ['a', 'b'], done)).toBe(false);
    expect(await whenChanged(stamp, ['ab', ''], done)).toBe(true);
  });

  it('runs again when something of it is gone', async () => {
    const output = join(folder, 'output');
    const make = async () => writeFileSync(output, '');
    expect(await whenChanged(stamp, ['a'], make, [output])).toBe(true);
    expect(await whenChanged(stamp, ['a'], make, [output])).toBe(false);
    rmSync(output);
    expect(await whenChanged(stamp, ['a'], make, [output])).toBe(true);
  });

  it('that failed does not look finished', async () => {
    await whenChanged(stamp, ['a'], done);
    await expect(whenChanged(stamp, ['b'], () => Promise.reject(new Error('no network')))).rejects.toThrow();
    expect(existsSync(stamp)).toBe(false);
  });
});

describe('missing Debian packages', () => {
  afterEach(() => vi.restoreAllMocks());

  it('are named in a command when we are not root', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    const installed = installDebianPackages([{ packages: ['chromium'], why: 'the browser tests' }]);
    await expect(installed).rejects.toBeInstanceOf(SetupProblem);
    await expect(installed).rejects.toThrow(/apt-get install -y --no-install-recommends chromium/);
  });
});
