import { describe, expect, test } from 'vitest';
import {
  TARGET_KINDS,
  fieldsOf,
  kindOf,
  misplacedFields,
  targetSettings,
  titleOf,
  type TargetKind
} from '../../src/contract/target-settings.js';

/** A target as release 0.1.0 and the settings form write it. */
const FLAT = { name: 'a', endpoint: '', region: '', pathStyle: false, profile: '', shared: false };

describe('a target is of the kind that its URL says, however it is written', () => {
  test.each<[string, unknown, unknown]>([
    [
      'a directory with all fields',
      { ...FLAT, url: 'file:///x', shared: true },
      { kind: 'directory', name: 'a', url: 'file:///x', shared: true }
    ],
    [
      'a bucket with all fields',
      { ...FLAT, url: 's3://b/x', profile: 'team', pathStyle: true },
      { kind: 's3', name: 'a', url: 's3://b/x', endpoint: '', region: '', pathStyle: true, profile: 'team' }
    ],
    [
      'a bucket with the fields that are not at their defaults',
      { name: 'a', url: 's3://b/x', region: 'eu-1' },
      { kind: 's3', name: 'a', url: 's3://b/x', endpoint: '', region: 'eu-1', pathStyle: false, profile: '' }
    ],
    [
      'a scheme in capitals, with white space',
      { name: '', url: ' S3A://b/x' },
      { kind: 's3', name: '', url: ' S3A://b/x', endpoint: '', region: '', pathStyle: false, profile: '' }
    ],
    [
      'another kind is claimed',
      { kind: 's3', name: '', url: 'file:///x' },
      { kind: 'directory', name: '', url: 'file:///x', shared: false }
    ],
    ['no URL yet', { ...FLAT, url: '' }, { ...FLAT, kind: 'unusable', url: '' }],
    [
      'a URL of no kind',
      { name: '', url: 'ftp://h/x', region: 'eu-1' },
      { kind: 'unusable', name: '', url: 'ftp://h/x', region: 'eu-1' }
    ],
    [
      'a field of another kind that is set',
      { ...FLAT, url: 's3://b/x', shared: true },
      { ...FLAT, kind: 'unusable', url: 's3://b/x', shared: true }
    ]
  ])('%s', (_, target, parsed) => {
    expect(targetSettings.parse(target)).toEqual(parsed);
    // A parsed target is sent to the sidecar and parsed again.
    expect(targetSettings.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  test('the fields of another kind are named only when they are set', () => {
    expect(misplacedFields({ ...FLAT, url: 's3://b' })).toEqual([]);
    expect(misplacedFields({ ...FLAT, url: 'file:///x', profile: 'p', pathStyle: true })).toEqual([
      'pathStyle',
      'profile'
    ]);
    expect(misplacedFields({ ...FLAT, url: '', profile: 'p' })).toEqual([]);
  });
});

test.each([
  [{ name: 'a' }, 'url'],
  [{ url: 's3://b' }, 'name'],
  [{ name: 'a', url: 's3://b', pathStyle: 'yes' }, 'pathStyle'],
  [{ name: 'a', url: 'file:///x', shared: 1 }, 'shared']
])('%j is no target, and the field is named', (target, field) => {
  expect(targetSettings.safeParse(target).error?.issues.map(({ path }) => path)).toEqual([[field]]);
});

describe.each(Object.keys(TARGET_KINDS) as TargetKind[])('the kind %s', kind => {
  test('has URLs that no other kind has', () => {
    expect(kindOf(TARGET_KINDS[kind].example)).toBe(kind);
    for (const scheme of TARGET_KINDS[kind].schemes) expect(kindOf(`${scheme}://x/y`)).toBe(kind);
  });

  test('describes each of its fields, and has a default for it', () => {
    for (const [name, type] of Object.entries(fieldsOf(kind))) {
      expect(type.meta(), name).toEqual({
        title: expect.stringMatching(/./u),
        description: expect.stringMatching(/\.$/u)
      });
      expect(titleOf(name)).toBe(type.meta()?.title);
      expect(type.parse(undefined)).toBeDefined();
    }
  });
});
