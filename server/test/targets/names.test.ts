import { expect, test } from 'vitest';
import { assertObjectName, isHidden } from '../../src/targets/names.js';

test.each(['', '.', '..', 'a/b', '/', 'a\\b', 'a\u0000', 'a\u001f', 'a\u007f'])('%j is no name of an object', name => {
  expect(() => assertObjectName(name)).toThrow(
    expect.objectContaining({ code: 'USAGE_INVALID', message: expect.stringContaining(JSON.stringify(name)) })
  );
});

test.each(['env-0.pex', '.hidden', '...', 'a b', 'é'])('%j can be one', name => {
  expect(() => assertObjectName(name)).not.toThrow();
});

test('a list leaves out what begins with a dot', () => {
  expect(['.probe', 'env-0.pex', 'a.b'].map(isHidden)).toEqual([true, false, false]);
});
