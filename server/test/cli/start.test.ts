import { chmod, mkdir, readdir } from 'node:fs/promises';
import * as module from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shipEnv } from '../support/bundle.js';
import { temporaryFolder } from '../support/temporary.js';

/** Node.js has this function since 22.1. */
const CAN_KEEP = typeof module.enableCompileCache === 'function';

describe('the start of the program', () => {
  it('keeps compiled code in a cache folder that only the user can write to, and makes no such folder', async () => {
    const home = await temporaryFolder();
    const cache = join(home, 'cache');
    const started = (): Promise<{ stdout: string }> => shipEnv(home, ['--version'], { SHIP_ENV_CACHE: cache });
    expect((await started()).stdout).toMatch(/^\d/u);
    expect(await readdir(home)).toEqual([]);
    await mkdir(cache, { mode: 0o777 });
    await chmod(cache, 0o777);
    await started();
    expect(await readdir(cache)).toEqual([]);
    await chmod(cache, 0o700);
    await started();
    expect(await readdir(cache)).toEqual(CAN_KEEP ? ['compiled'] : []);
  });

  it('does not depend on a cache folder, which may be where nobody may look', async () => {
    const home = await temporaryFolder();
    // A path below a file.
    const env = { SHIP_ENV_CACHE: '/dev/null/cache' };
    expect(await shipEnv(home, ['--version'], env)).toMatchObject({ exitCode: 0, stderr: '' });
    const { stdout } = await shipEnv(home, ['snapshot', '--json', '--python', 'python3'], env);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code: 'CACHE_UNUSABLE' });
  });
});
