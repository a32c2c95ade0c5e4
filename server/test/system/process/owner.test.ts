import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isDead, ownerName } from '../../../src/system/process/owner.js';
import { deadOwner } from '../../support/dead-owner.js';

const [machine, pid, start] = ownerName().split('-');

describe('the owner of a file', () => {
  it('names this process by its id and its start', () => {
    expect(pid).toBe(String(process.pid));
    expect(readFileSync('/proc/self/stat', 'latin1').split(' ')).toContain(start);
  });

  it('lives while its process runs, whatever follows in the name', async () => {
    expect(await isDead(ownerName())).toBe(false);
    expect(await isDead(`${ownerName()}.anything`)).toBe(false);
  });

  it('is dead when its process has ended', async () => {
    expect(await isDead(`${await deadOwner()}.anything`)).toBe(true);
  });

  it('is dead when another process has its id by now', async () => {
    expect(await isDead(`${machine}-${pid}-${Number(start) - 1}`)).toBe(true);
  });

  it('lives when it belongs to another user', async () => {
    const first = readFileSync('/proc/1/stat', 'latin1');
    const began = first.slice(first.lastIndexOf(')') + 2).split(' ')[19];
    expect(await isDead(`${machine}-1-${began}`)).toBe(false);
  });

  it.each([`000000000000-${pid}-1`, 'a0b1c2d3-0000-4000-8000-000000000000', '', 'anything'])(
    'is not known when it is of another machine or no owner: %j',
    async name => {
      expect(await isDead(name)).toBeUndefined();
    }
  );
});

const OWNER_PY = fileURLToPath(new URL('../../../../jupyterlab_ship_env/jupyter/owner.py', import.meta.url));

/** Runs owner.py in a child process. */
function inPython(expression: string, ...args: string[]): unknown {
  const program = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("owner", sys.argv[1])
owner = importlib.util.module_from_spec(spec)
spec.loader.exec_module(owner)
print(json.dumps(${expression}))`;
  return JSON.parse(execFileSync('python3', ['-c', program, OWNER_PY, ...args], { encoding: 'utf8' }));
}

describe('the owner as Python names it', () => {
  it('is of the same machine, and lives and dies as here', async () => {
    const dead = await deadOwner();
    const names = [
      ownerName(),
      `${ownerName()}.anything`,
      `${ownerName()}x`,
      dead,
      `${dead}.anything`,
      `${machine}-${pid}-${Number(start) - 1}`,
      `${machine}-${pid}-0`,
      `${machine}-999999999999999999999-1`,
      `${machine}-٣-1`,
      `000000000000-${pid}-1`,
      `${machine}-${pid}`,
      ''
    ];
    const here = await Promise.all(names.map(async name => (await isDead(name)) === true));
    expect(inPython('[owner.is_dead(name) for name in sys.argv[2:]]', ...names)).toEqual(here);
    expect(here.filter(Boolean)).toHaveLength(3);
  });

  it('is understood here', async () => {
    const child = String(inPython('owner.owner_name()'));
    expect(child).toMatch(new RegExp(`^${machine}-`, 'u'));
    expect(await isDead(child)).toBe(true);
  });

  it('starts when the same file says so', () => {
    expect(inPython('owner._start_of(int(sys.argv[2]))', String(process.pid))).toBe(start);
  });
});
