import { expect, test } from 'vitest';
import { FORMATS, artifactName, formatOf, isArtifactName } from '../../src/formats/registry.js';

test('a format that there is not is refused, and those that there are are named', () => {
  expect(() => formatOf('rar')).toThrow(
    expect.objectContaining({ code: 'FORMAT_UNKNOWN', hint: expect.stringContaining('pex') })
  );
});

test.each(FORMATS.map(({ name }) => name))('an artifact of the format %s is known by its name', name => {
  const id = 'env-0123456789abcdef0123';
  expect(isArtifactName(artifactName(name, id), id)).toBe(true);
  expect(isArtifactName(`${id}.json`, id)).toBe(false);
});
