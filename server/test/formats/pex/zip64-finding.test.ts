import { expect, test } from 'vitest';
import { zip64Findings } from '../../../src/formats/pex/zip64-finding.js';

const MIB = 2 ** 20;

test.each([
  ['small', { bytes: 200 * MIB, entries: 20_000 }, 0],
  ['just below both limits', { bytes: 4096 * MIB - 2, entries: 65_534 }, 0],
  ['of many files', { bytes: 200 * MIB, entries: 65_535 }, 1],
  ['large', { bytes: 4096 * MIB, entries: 20_000 }, 1]
])('an artifact that is %s', (_, { bytes, entries }, count) => {
  const findings = zip64Findings({ artifact: { name: 'env-1.pex', bytes, sha256: '' }, entries });
  expect(findings).toHaveLength(count);
  for (const { message } of findings) expect(message).toContain('./env-1.pex');
});
