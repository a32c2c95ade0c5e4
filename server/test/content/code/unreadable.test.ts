import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { ShipEnvError } from '../../../src/errors.js';
import { editableOf, list, project } from './helpers.js';

vi.mock('node:fs/promises', { spy: true });

test.each(Object.entries({ lstat, readdir, realpath, stat }))(
  'a disk that fails at a call of %s is told with the path',
  async (syscall, call) => {
    const editable = editableOf(await project({ 'src/m/__init__.py': '' }), ['src', '']);
    const fault = Object.assign(new Error(`EIO: i/o error, ${syscall}`), { code: 'EIO', syscall, path: '/disk/m' });
    vi.mocked(call as () => Promise<never>).mockImplementation(() => Promise.reject(fault));
    const error = await list(editable).catch((caught: unknown) => caught);
    vi.mocked(call).mockReset();
    expect(error).toBeInstanceOf(ShipEnvError);
    expect(error).toMatchObject({
      code: 'CODE_UNREADABLE',
      message: '/disk/m belongs to an editable package and cannot be read.',
      cause: fault
    });
  }
);
