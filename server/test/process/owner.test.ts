import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isDead, ownerName } from '../../src/process/owner.js';
import { deadOwner } from '../support/dead-owner.js';

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
