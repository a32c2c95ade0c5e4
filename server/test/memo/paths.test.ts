import { describe, expect, it } from 'vitest';
import { Paths } from '../../src/memo/paths.js';

/** More bytes than are decoded at a time, so that pieces end in the middle of a character. */
const MANY = Array.from({ length: 9000 }, (_, index) => `/site/größe/${'ü'.repeat(index % 7)}/module_${index}.py`);

describe('paths that are kept as bytes', () => {
  it.each<[string, string[], root: string]>([
    ['none', [], ''],
    ['one', ['/a/b'], '/a/'],
    ['of one folder', ['/a/b/c', '/a/b/d'], '/a/b/'],
    ['of one folder and another whose name begins so', ['/a/b/c', '/a/bb'], '/a/'],
    ['one below another', ['/a/b', '/a/b/c'], '/a/'],
    ['of the root only', ['/a/b', '/c'], '/'],
    ['absolute and not', ['/a/b', 'a/b'], ''],
    ['the empty one', ['', 'a'], ''],
    ['some with line ends', ['a/\n', 'a/\r\n'], 'a/'],
    ['many', MANY, '/site/größe/']
  ])('are the same, in their order: %s', (_, paths, root) => {
    const kept = Paths.of(paths);
    expect([...kept]).toEqual(paths);
    expect([...new Paths(kept.root, Buffer.from(kept.bytes), kept.length)]).toEqual(paths);
    expect(kept.root).toBe(root);
    expect(kept).toHaveLength(paths.length);
  });
});
