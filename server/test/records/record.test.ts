import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { ShipRecord } from '../../src/contract/ship-record.js';
import { codeChanges, distributionChanges } from '../../src/records/changes.js';
import { isRecordName, parseRecord, recordPayload } from '../../src/records/record.js';

const RECORD: ShipRecord = {
  schema: 1,
  at: '2026-11-30T20:31:15.123Z',
  by: { user: 'alice', host: 'laptop', version: '1.0.0' },
  environment: { name: 'venv', key: '0123456789abcdef' },
  artifact: { id: `env-${'a'.repeat(20)}`, format: 'pex', bytes: 10, python: '3.11', distributions: 2 },
  code: [{ name: 'harbour', file: `harbour-${'b'.repeat(16)}.zip`, commit: 'c'.repeat(40), isDirty: true }],
  pointer: 'ship-env-code-1.json',
  isEphemeral: false
};

async function contentOf(record: unknown): Promise<{ name: string; content: Buffer }> {
  const { name, open } = recordPayload(record as ShipRecord);
  return { name, content: await buffer(open()) };
}

describe('a record as an object', () => {
  test('its name has the time and the hash of its content, and it reads back as it was', async () => {
    const { name, content } = await contentOf(RECORD);
    expect(name).toMatch(/^ship-env-ship-20261130T203115123Z-[0-9a-f]{32}\.json$/u);
    expect(isRecordName(name)).toBe(true);
    expect(parseRecord(name, content)).toEqual(RECORD);
  });

  test('content that is not what the name says is not believed', async () => {
    const { name, content } = await contentOf(RECORD);
    expect(parseRecord(name, Buffer.from(content.toString().replace('alice', 'mallo')))).toBeUndefined();
    expect(parseRecord('ship-env-ship-x.json', content)).toBeUndefined();
  });

  test.each([
    ['another schema', { schema: 2 }],
    ['an id that is a path', { artifact: { ...RECORD.artifact, id: '../../etc' } }],
    ['a commit that is no commit', { code: [{ name: 'x', file: 'y', commit: '--upload-pack' }] }],
    ['a text without an end', { by: { ...RECORD.by, user: 'a'.repeat(10_000) } }],
    ['a time that is none', { at: '2026-13-77T20:31:15.123Z' }]
  ])('%s is not a record', async (_, changed) => {
    const { content } = await contentOf({ ...RECORD, ...changed });
    const { name } = await contentOf(RECORD);
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 32);
    const right = name.replace(/[0-9a-f]{32}/u, hash);
    expect(isRecordName(right)).toBe(true);
    expect(parseRecord(right, content)).toBeUndefined();
  });
});

describe('changes', () => {
  const segment = (name: string, version: string, key = `${name}${version}`) => ({
    ...{ wheel: `${name}.whl`, name, version, key, offset: 0, length: 1, sha256: '' }
  });

  test('distributions that are new, gone, of another version, or of the same version with other files', () => {
    const before = [segment('a', '1'), segment('b', '1'), segment('c', '1'), segment('d', '1')];
    const now = [segment('e', '1'), segment('d', '1'), segment('c', '1', 'patched'), segment('b', '2')];
    expect(distributionChanges({ segments: before }, { segments: now })).toEqual({
      added: [{ name: 'e', version: '1' }],
      removed: [{ name: 'a', version: '1' }],
      changed: [
        { name: 'b', from: '1', to: '2' },
        { name: 'c', from: '1', to: '1' }
      ]
    });
  });

  test('code that is new, gone or other code', () => {
    const code = (...files: [string, string][]): ShipRecord['code'] => files.map(([name, file]) => ({ name, file }));
    expect(codeChanges(code(['a', '1'], ['b', '1'], ['c', '1']), code(['b', '2'], ['c', '1'], ['d', '1']))).toEqual([
      ...['a', 'b', 'd']
    ]);
  });
});
