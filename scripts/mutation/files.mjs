/**
 * What `npm run mutation` changes, and the tests that have to notice: functions of values, with tests that need no set-up
 * and take moments.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';

const SOURCES = 'server/src';

/** Which paths below server/src. */
export const PURE = [
  /^contract\//,
  /^deployments\/[^/]+$/,
  /^deployments\/(?:spark|yarn)\//,
  /^formats\/archive\/(?:gzip|omitted|places|script|tar)\.ts$/,
  /^inventory\/prune-judge\.ts$/,
  /^payloads\/(?:buffer|crc32|digest-memory|span-digest)\.ts$/,
  /^python\//,
  /^system\/files\/path-names\.ts$/,
  /^targets\/(?:names|url)\.ts$/,
  /^targets\/s3\/delta\/(?:part-plan|slices)\.ts$/,
  /^text\//,
  /^trust\/(?:compare|names)\.ts$/
];

/**
 * Globs of test files, relative to the checkout. Two kinds are not among them. Those of server/test/properties try other values
 * in each run, and the score would change with them. Those that load a module while a test runs, as the command line does:
 * what the module works out then would count as tested by that test.
 */
export const TESTS = [
  'server/test/contract/{target-settings,texts}.test.ts',
  'server/test/deployments/masters.test.ts',
  'server/test/deployments/spark/{cell,config,live-update}.test.ts',
  'server/test/deployments/yarn/*.test.ts',
  'server/test/formats/archive/{gzip,places,script,tar}.test.ts',
  'server/test/inventory/prune-judge.test.ts',
  'server/test/payloads/span-digest.test.ts',
  'server/test/python/*.test.ts',
  'server/test/system/files/path-names.test.ts',
  'server/test/targets/{names,url}.test.ts',
  'server/test/targets/s3/{part-*,slices}.test.ts',
  'server/test/text/*.test.ts',
  'server/test/trust/compare.test.ts'
];

/**
 * @param {readonly string[]} wanted parts of paths; none: all
 * @returns {string[]} sources relative to the checkout, sorted
 */
export function sourcesToMutate(wanted) {
  return readdirSync(join(paths.root, SOURCES), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && PURE.some(pattern => pattern.test(name)))
    .map(name => join(SOURCES, name))
    .filter(file => wanted.length === 0 || wanted.some(part => file.includes(part)))
    .sort();
}
