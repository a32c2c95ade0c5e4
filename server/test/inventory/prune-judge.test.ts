import { describe, expect, test } from 'vitest';
import { judge, type Rules } from '../../src/inventory/prune-judge.js';
import type { TargetEntry } from '../../src/targets/target.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW_MS = Date.UTC(2026, 0, 31);
const RULES: Rules = { nowMs: NOW_MS, olderThanMs: 30 * DAY_MS, keep: 0, used: new Set() };

/** What a target holds, and the contents of its small objects. */
class Holdings {
  readonly entries: TargetEntry[] = [];
  readonly #contents = new Map<string, string>();

  add(name: string, days: number, content?: string, isFile?: false): this {
    const modified = new Date(NOW_MS - days * DAY_MS);
    this.entries.push({ name, bytes: 1, modified, ...(isFile === undefined ? {} : { isFile }) });
    if (content !== undefined) this.#contents.set(name, content);
    return this;
  }

  /** An environment: its manifest and its artifact. */
  environment(digit: string, days: number, artifactDays = days): this {
    return this.add(`${id(digit)}.json`, days, manifest(digit)).add(`${id(digit)}.pex`, artifactDays);
  }

  /** A pointer that needs these archives. */
  pointer(digit: string, days: number, archives: readonly string[], schema = 2): this {
    const content = JSON.stringify({ schema, archives: archives.map(file => ({ file })) });
    return this.add(pointer(digit), days, content);
  }

  /** Names of what goes, in order, and why the rest stays. */
  async judged(rules: Partial<Rules> = {}): Promise<{ remove: string[]; kept: Record<string, string> }> {
    const read = (name: string): Promise<Buffer | undefined> => {
      const content = this.#contents.get(name);
      return Promise.resolve(content === undefined ? undefined : Buffer.from(content));
    };
    const { remove, kept } = await judge(this.entries, { ...RULES, ...rules }, read);
    if (remove.length + kept.length !== this.entries.length)
      throw new Error('Something was judged twice, or not at all.');
    return {
      remove: remove.map(({ name }) => name),
      kept: Object.fromEntries(kept.map(({ entry, reason }) => [entry.name, reason]))
    };
  }
}

const id = (digit: string): string => `env-${digit.repeat(20)}`;
const pointer = (digit: string): string => `ship-env-code-${'0'.repeat(20)}-${digit.repeat(32)}.json`;
const code = (digit: string): string => `harbour-${digit.repeat(16)}.zip`;

function manifest(digit: string, changed: object = {}): string {
  const sha256 = '0'.repeat(64);
  return JSON.stringify({
    schema: 1,
    id: id(digit),
    format: 'pex',
    artifact: { name: `${id(digit)}.pex`, bytes: 10, sha256 },
    python: { implementation: 'cpython', minor: '3.11', pythonTag: 'cp311', abiTag: 'cp311', platformTag: 'linux' },
    head: { length: 5, sha256 },
    entries: 1,
    segments: [],
    ...changed
  });
}

describe('by age', () => {
  test('an environment goes that is older, its manifest first, and one stays that is not', async () => {
    const { remove, kept } = await new Holdings().environment('a', 30.01).environment('b', 30).judged();
    expect(remove).toEqual([`${id('a')}.json`, `${id('a')}.pex`]);
    expect(kept).toEqual({ [`${id('b')}.json`]: 'it is recent', [`${id('b')}.pex`]: 'it is recent' });
  });

  test.each([
    [40, 20],
    [20, 40]
  ])('an environment of %d and %d days is as young as the younger of its two files', async (first, second) => {
    const { remove } = await new Holdings().environment('a', first, second).judged();
    expect(remove).toEqual([]);
  });

  test('a manifest goes whose artifact is gone', async () => {
    expect((await new Holdings().add(`${id('a')}.json`, 31, manifest('a')).judged()).remove).toEqual([
      `${id('a')}.json`
    ]);
  });

  test('an artifact without a manifest goes, in whatever format, and none of the newest is counted', async () => {
    const holdings = new Holdings()
      .add(`${id('a')}.pex`, 31)
      .add(`${id('b')}.tar.gz`, 31)
      .add(`${id('c')}.pex`, 29);
    expect(await holdings.judged({ keep: 5 })).toEqual({
      remove: [`${id('a')}.pex`, `${id('b')}.tar.gz`],
      kept: { [`${id('c')}.pex`]: 'it is recent' }
    });
  });
});

describe('what stays however old it is', () => {
  test('the newest environments and pointers, each counted by themselves', async () => {
    const holdings = new Holdings()
      .environment('a', 40)
      .environment('b', 50)
      .environment('c', 60)
      .pointer('1', 60, [])
      .pointer('2', 50, [])
      .pointer('3', 40, []);
    const { remove, kept } = await holdings.judged({ keep: 2 });
    expect(remove).toEqual([`${id('c')}.json`, `${id('c')}.pex`, pointer('1')]);
    expect(kept[`${id('b')}.pex`]).toBe('it is one of the newest 2 environments');
    expect(kept[pointer('3')]).toBe('it is one of the newest 2 pointers');
    expect((await holdings.judged({ keep: 1 })).kept).toEqual({
      [`${id('a')}.json`]: 'it is the newest environment',
      [`${id('a')}.pex`]: 'it is the newest environment',
      [pointer('3')]: 'it is the newest pointer'
    });
  });

  test('both files of an environment, and no other, of which a ship of this machine used one', async () => {
    const holdings = new Holdings().environment('a', 40).environment('b', 40);
    const { remove, kept } = await holdings.judged({ used: new Set([`${id('a')}.pex`]) });
    expect(remove).toEqual([`${id('b')}.json`, `${id('b')}.pex`]);
    expect(Object.values(kept)).toEqual(Array(2).fill('a ship of this machine used it recently'));
  });

  test('what another program put there', async () => {
    const names = ['notes.txt', `${id('a')}.sig`, 'env-1.json', `x${id('a')}.pex`, `${pointer('1')}.bak`, 'a-0123.zip'];
    const holdings = new Holdings();
    for (const name of names) holdings.add(name, 99);
    expect(await holdings.judged()).toEqual({
      remove: [],
      kept: Object.fromEntries(names.map(name => [name, 'it is not a file of ship-env']))
    });
  });
});

describe('code archives', () => {
  test('go with the last pointer that needs them, before it', async () => {
    const holdings = new Holdings()
      .pointer('1', 31, [code('a'), code('b')])
      .pointer('2', 29, [code('b')])
      .add(code('a'), 60)
      .add(code('b'), 60);
    const { remove, kept } = await holdings.judged();
    expect(remove).toEqual([code('a'), pointer('1')]);
    expect(kept).toEqual({ [pointer('2')]: 'it is recent', [code('b')]: 'a pointer that stays needs it' });
  });

  test('stay while they are young, and while a ship of this machine uses them', async () => {
    const holdings = new Holdings()
      .pointer('1', 31, [code('a'), code('b')])
      .add(code('a'), 29)
      .add(code('b'), 31);
    expect(await holdings.judged({ used: new Set([code('b')]) })).toEqual({
      remove: [pointer('1')],
      kept: { [code('a')]: 'it is recent', [code('b')]: 'a ship of this machine used it recently' }
    });
  });

  test('stay that no pointer names', async () => {
    const holdings = new Holdings().pointer('1', 31, [code('a')]).add(code('b'), 99);
    expect((await holdings.judged()).kept).toEqual({
      [code('b')]: 'no pointer names it, so it may belong to another program'
    });
  });

  test('of a pointer of the release before are known, too', async () => {
    const holdings = new Holdings().pointer('1', 31, [code('a')], 1).add(code('a'), 31);
    expect((await holdings.judged()).remove).toEqual([code('a'), pointer('1')]);
  });

  test.each([
    ['of a later release', JSON.stringify({ schema: 3, archives: [] })],
    ['that is damaged', '{'],
    ['that is gone meanwhile', undefined]
  ])('stay, all of them, beside a pointer %s', async (_, content) => {
    const holdings = new Holdings()
      .add(pointer('1'), 31, content)
      .pointer('2', 31, [code('a')])
      .add(code('a'), 99);
    expect(await holdings.judged()).toEqual({
      remove: [pointer('2')],
      kept: {
        [pointer('1')]: 'it cannot be read as a pointer',
        [code('a')]: 'a pointer that cannot be read may need it'
      }
    });
  });
});

describe('a manifest that cannot be judged', () => {
  test.each([
    ['of a later release', manifest('a', { schema: 2 })],
    ['that is damaged', '{'],
    ['that is gone meanwhile', undefined],
    ['of another id', manifest('b')],
    ['of another artifact', manifest('a', { artifact: { name: 'a', bytes: 10, sha256: '0'.repeat(64) } })]
  ])('%s keeps its artifact, in whatever format, and nothing else', async (_, content) => {
    const holdings = new Holdings().add(`${id('a')}.json`, 99, content);
    holdings
      .add(`${id('a')}.pex`, 99)
      .add(`${id('a')}.tar.gz`, 99)
      .environment('c', 99);
    expect(await holdings.judged()).toEqual({
      remove: [`${id('c')}.json`, `${id('c')}.pex`],
      kept: {
        [`${id('a')}.json`]: 'it cannot be read as a manifest',
        [`${id('a')}.pex`]: 'its manifest cannot be read',
        [`${id('a')}.tar.gz`]: 'its manifest cannot be read'
      }
    });
  });
});

describe('what is not a file', () => {
  test('is never read, and stays', async () => {
    const holdings = new Holdings().add(`${id('a')}.json`, 99, manifest('a'), false).add(`${id('a')}.pex`, 99);
    expect((await holdings.judged()).kept).toEqual({
      [`${id('a')}.json`]: 'it cannot be read as a manifest',
      [`${id('a')}.pex`]: 'its manifest cannot be read'
    });
  });

  test('keeps what belongs to it', async () => {
    const holdings = new Holdings().add(`${id('a')}.json`, 99, manifest('a')).add(`${id('a')}.pex`, 99, '', false);
    const reason = 'it, or an object that belongs to it, is not a file';
    expect(await holdings.judged()).toEqual({
      remove: [],
      kept: { [`${id('a')}.json`]: reason, [`${id('a')}.pex`]: reason }
    });
  });
});

test('an object that cannot be read now is an error, and nothing is judged', async () => {
  const { entries } = new Holdings().environment('a', 99);
  await expect(judge(entries, RULES, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
});
