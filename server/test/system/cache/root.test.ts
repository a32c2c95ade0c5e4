import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { cacheRoot } from '../../../src/system/cache/root.js';

test.each([
  [{ SHIP_ENV_CACHE: 'cache' }, resolve('cache')],
  [{ XDG_CACHE_HOME: 'cache' }, resolve('cache/ship-env')],
  [{ SHIP_ENV_CACHE: '/cache' }, '/cache']
])('%j is a path that every program of a ship understands, whatever its working directory is', (env, expected) => {
  expect(cacheRoot(env)).toBe(expected);
});
